/* SPDX-License-Identifier: MIT */
/* naming_test.c -- names as StatsD, statsite and brubeck spell them, and as
 * we do. */

#include "test/unit/metric/points.h"

#include "test/unit/random.h"
#include "test/unit/suite.h"

#include <math.h>

START_TEST(counters_gauges_and_sets_are_spelt_as_the_scheme_says)
{
	static const struct {
		enum naming_scheme scheme;
		enum kind kind;
		const char *expected;
	} cases[] = {
	    {NAMING_STATSD, KIND_COUNTER,
		"stats.counters.a.b.rate=5\nstats.counters.a.b.count=50\n"},
	    {NAMING_STATSD, KIND_GAUGE, "stats.gauges.a.b=7.5\n"},
	    {NAMING_STATSD, KIND_SET, "stats.sets.a.b.count=3\n"},
	    {NAMING_STATSD_LEGACY, KIND_COUNTER, "stats.a.b=5\nstats_counts.a.b=50\n"},
	    {NAMING_STATSD_LEGACY, KIND_GAUGE, "stats.gauges.a.b=7.5\n"},
	    {NAMING_STATSD_LEGACY, KIND_SET, "stats.sets.a.b.count=3\n"},
	    {NAMING_STATSITE, KIND_COUNTER, "counts.a.b=50\n"},
	    {NAMING_STATSITE, KIND_GAUGE, "gauges.a.b=7.5\n"},
	    {NAMING_STATSITE, KIND_SET, "sets.a.b=3\n"},
	    {NAMING_BRUBECK, KIND_COUNTER, "a.b=50\n"},
	    {NAMING_BRUBECK, KIND_GAUGE, "a.b=7.5\n"},
	    {NAMING_BRUBECK, KIND_SET, "a.b.count=3\n"},
	    {NAMING_PLAIN, KIND_COUNTER, "a.b.rate=5\na.b=50\n"},
	    {NAMING_PLAIN, KIND_GAUGE, "a.b=7.5\n"},
	    {NAMING_PLAIN, KIND_SET, "a.b.count=3\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct naming naming = naming_of(cases[i].scheme);
		struct row row = row_of(cases[i].kind, "a.b", "");

		if (row.kind == KIND_COUNTER)
			row.counter.delta = 50;
		else if (row.kind == KIND_GAUGE)
			row.gauge.value = 7.5;
		else
			row.set.count = 3;
		must_give(&naming, NAMING_TAGS_GRAPHITE, &row, cases[i].expected);
	}
}
END_TEST

START_TEST(idle_series_are_what_the_scheme_makes_of_them)
{
	static const struct {
		enum naming_scheme scheme;
		const char *counter, *gauge, *timer, *set;
	} cases[] = {
	    {NAMING_STATSD, "stats.counters.t.rate=0\nstats.counters.t.count=0\n",
		"stats.gauges.t=0\n", "stats.timers.t.count=0\nstats.timers.t.count_ps=0\n",
		"stats.sets.t.count=0\n"},
	    {NAMING_STATSD_LEGACY, "stats.t=0\nstats_counts.t=0\n", "stats.gauges.t=0\n",
		"stats.timers.t.count=0\nstats.timers.t.count_ps=0\n", "stats.sets.t.count=0\n"},
	    {NAMING_STATSITE, "", "gauges.t=0\n", "", ""},
	    {NAMING_BRUBECK, "t=0\n", "t=0\n", "t.count=0\nt.count_ps=0\n", "t.count=0\n"},
	    {NAMING_PLAIN, "t.rate=0\nt=0\n", "t=0\n", "t.count=0\nt.count_ps=0\n", "t.count=0\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *const expected[KINDS] = {
		    [KIND_COUNTER] = cases[i].counter,
		    [KIND_GAUGE] = cases[i].gauge,
		    [KIND_TIMER] = cases[i].timer,
		    [KIND_SET] = cases[i].set,
		};

		for (size_t kind = 0; kind < KINDS; kind++) {
			struct naming naming = naming_of(cases[i].scheme);
			struct row row = row_of((enum kind)kind, "t", "");
			struct timer_row *timer = timer_of();

			timer->n = 0;
			timer->count = 0;
			timer->histogram.bins = 1;
			row.idle = true;
			if (kind == KIND_TIMER)
				row.timer = timer;
			must_give(&naming, NAMING_TAGS_NONE, &row, expected[kind]);
		}
	}
}
END_TEST

START_TEST(kinds_are_apart_where_their_names_are)
{
	static char gauges[] = "gauges", same[] = "timers", counts[] = "counts";
	struct naming naming;

	for (int scheme = NAMING_STATSD; scheme <= NAMING_PLAIN; scheme++) {
		naming = naming_of((enum naming_scheme)scheme);
		ck_assert(naming_tells_kinds_apart(&naming) ==
		    (scheme != NAMING_BRUBECK && scheme != NAMING_PLAIN));
	}
	naming = naming_of(NAMING_STATSD);
	naming.sets = same;
	ck_assert(!naming_tells_kinds_apart(&naming));
	naming.scheme = NAMING_STATSD_LEGACY;
	ck_assert(naming_tells_kinds_apart(&naming));
	naming = naming_of(NAMING_STATSITE);
	naming.counters = gauges;
	ck_assert(!naming_tells_kinds_apart(&naming));
	naming = naming_of(NAMING_STATSITE);
	naming.gauges = counts;
	ck_assert(!naming_tells_kinds_apart(&naming));
	naming.scheme = NAMING_STATSD;
	ck_assert(naming_tells_kinds_apart(&naming));
}
END_TEST

START_TEST(tags_go_where_the_setting_says)
{
	static const struct {
		enum naming_scheme scheme;
		enum naming_tags tags;
		const char *expected;
	} cases[] = {
	    {NAMING_STATSD, NAMING_TAGS_GRAPHITE, "stats.gauges.a;flag;ip=10.0.0.1;k.x=v:w=1\n"},
	    {NAMING_STATSD, NAMING_TAGS_PATH, "stats.gauges.a.flag.ip.10_0_0_1.k_x.v:w=1\n"},
	    {NAMING_STATSD, NAMING_TAGS_NONE, "stats.gauges.a=1\n"},
	    {NAMING_PLAIN, NAMING_TAGS_PATH, "a.flag.ip.10_0_0_1.k_x.v:w=1\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct naming naming = naming_of(cases[i].scheme);
		struct row row = row_of(KIND_GAUGE, "a", "flag,ip:10.0.0.1,k.x:v:w");

		row.gauge.value = 1;
		must_give(&naming, cases[i].tags, &row, cases[i].expected);
	}
}
END_TEST

/* In the grammar statsd tags are as the client wrote them. */
START_TEST(tags_without_a_type_come_back_as_they_were)
{
	static const struct {
		const char *tags, *graphite, *path;
	} cases[] = {
	    {"", "g=1\n", "g=1\n"},
	    {"prod", "g;prod=1\n", "g.prod=1\n"},
	    {"t:", "g;t==1\n", "g.t=1\n"},
	    {":v", "g;=v=1\n", "g.v=1\n"},
	    {":", "g;==1\n", "g=1\n"},
	    {"a:1,,b:2", "g;a=1;;b=2=1\n", "g.a.1.b.2=1\n"},
	    {",a", "g;;a=1\n", "g.a=1\n"},
	    {"a,", "g;a;=1\n", "g.a=1\n"},
	    {"b:2,a:1,b:2", "g;b=2;a=1;b=2=1\n", "g.b.2.a.1.b.2=1\n"},
	    {"a:b:c", "g;a=b:c=1\n", "g.a.b:c=1\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct naming naming = naming_of(NAMING_PLAIN);
		struct row row = row_of(KIND_GAUGE, "g", cases[i].tags);

		row.gauge.value = 1;
		must_give(&naming, NAMING_TAGS_GRAPHITE, &row, cases[i].graphite);
		must_give(&naming, NAMING_TAGS_PATH, &row, cases[i].path);
	}
}
END_TEST

START_TEST(a_name_of_nothing_is_written_as_something)
{
	struct naming naming = naming_of(NAMING_STATSD);
	struct row row = row_of(KIND_COUNTER, "", "a:b");

	row.counter.delta = 10;
	must_give(&naming, NAMING_TAGS_GRAPHITE, &row,
	    "stats.counters..rate;a=b=1\nstats.counters..count;a=b=10\n");
	naming.scheme = NAMING_STATSD_LEGACY;
	must_give(&naming, NAMING_TAGS_NONE, &row, "stats.=1\nstats_counts.=10\n");
	naming.scheme = NAMING_BRUBECK;
	must_give(&naming, NAMING_TAGS_GRAPHITE, &row, "_;a=b=10\n");
	must_give(&naming, NAMING_TAGS_NONE, &row, "_=10\n");
	row.name = ";x";
	row.name_len = 2;
	must_give(&naming, NAMING_TAGS_NONE, &row, "_;x=10\n");
	naming.scheme = NAMING_STATSD;
	must_give(&naming, NAMING_TAGS_NONE, &row,
	    "stats.counters.;x.rate=1\nstats.counters.;x.count=10\n");
}
END_TEST

START_TEST(a_given_prefix_is_everybodys_but_the_legacy_schemes)
{
	static char prefix[] = "x.y", none[] = "";
	static const struct {
		enum naming_scheme scheme;
		const char *given, *empty;
	} cases[] = {
	    {NAMING_STATSD, "x.y.counters.a.rate=1\nx.y.counters.a.count=10\n",
		"counters.a.rate=1\ncounters.a.count=10\n"},
	    {NAMING_STATSD_LEGACY, "stats.a=1\nstats_counts.a=10\n",
		"stats.a=1\nstats_counts.a=10\n"},
	    {NAMING_STATSITE, "x.y.counts.a=10\n", "counts.a=10\n"},
	    {NAMING_BRUBECK, "x.y.a=10\n", "a=10\n"},
	    {NAMING_PLAIN, "x.y.a.rate=1\nx.y.a=10\n", "a.rate=1\na=10\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct naming naming = naming_of(cases[i].scheme);
		struct row row = row_of(KIND_COUNTER, "a", "");

		row.counter.delta = 10;
		naming.prefix = prefix;
		must_give(&naming, NAMING_TAGS_NONE, &row, cases[i].given);
		naming.prefix = none;
		must_give(&naming, NAMING_TAGS_NONE, &row, cases[i].empty);
	}
}
END_TEST

START_TEST(path_tags_stand_between_name_and_statistic)
{
	struct naming naming = naming_of(NAMING_STATSD_LEGACY);
	struct row row = row_of(KIND_COUNTER, "a", "k:v");

	row.counter.delta = 10;
	must_give(&naming, NAMING_TAGS_PATH, &row, "stats.a.k.v=1\nstats_counts.a.k.v=10\n");
	naming.scheme = NAMING_STATSD;
	must_give(&naming, NAMING_TAGS_PATH, &row,
	    "stats.counters.a.k.v.rate=1\nstats.counters.a.k.v.count=10\n");
}
END_TEST

START_TEST(empty_components_are_left_out)
{
	static char none[] = "", prefix[] = "x.y";
	struct naming naming = naming_of(NAMING_STATSD);
	struct row row = row_of(KIND_GAUGE, "a", "");

	row.gauge.value = 1;
	naming.gauges = none;
	must_give(&naming, NAMING_TAGS_GRAPHITE, &row, "stats.a=1\n");
	naming.prefix = none;
	must_give(&naming, NAMING_TAGS_GRAPHITE, &row, "a=1\n");
	naming = naming_of(NAMING_STATSD);
	naming.prefix = prefix;
	must_give(&naming, NAMING_TAGS_GRAPHITE, &row, "x.y.gauges.a=1\n");
}
END_TEST

START_TEST(legacy_has_namespaces_of_its_own)
{
	static char other[] = "other", suffix[] = "end";
	struct naming naming = naming_of(NAMING_STATSD_LEGACY);
	struct row row = row_of(KIND_COUNTER, "a", "");

	row.counter.delta = 10;
	naming.prefix = naming.counters = other;
	naming.suffix = suffix;
	must_give(&naming, NAMING_TAGS_GRAPHITE, &row, "stats.a.end=1\nstats_counts.a.end=10\n");
}
END_TEST

START_TEST(counts_and_rates_can_be_left_out)
{
	static const struct {
		enum naming_scheme scheme;
		bool counts, rates;
		const char *expected;
	} cases[] = {
	    {NAMING_STATSD, false, true, "stats.counters.a.rate=1\n"},
	    {NAMING_STATSD, true, false, "stats.counters.a.count=10\n"},
	    {NAMING_STATSD_LEGACY, false, true, "stats.a=1\n"},
	    {NAMING_STATSD_LEGACY, true, false, "stats_counts.a=10\n"},
	    {NAMING_STATSITE, false, true, ""},
	    {NAMING_STATSITE, true, false, "counts.a=10\n"},
	    {NAMING_BRUBECK, false, true, ""},
	    {NAMING_BRUBECK, true, false, "a=10\n"},
	    {NAMING_PLAIN, false, true, "a.rate=1\n"},
	    {NAMING_PLAIN, true, false, "a=10\n"},
	    {NAMING_PLAIN, false, false, ""},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct naming naming = naming_of(cases[i].scheme);
		struct row row = row_of(KIND_COUNTER, "a", "");

		row.counter.delta = 10;
		naming.counts = cases[i].counts;
		naming.rates = cases[i].rates;
		must_give(&naming, NAMING_TAGS_GRAPHITE, &row, cases[i].expected);
	}
}
END_TEST

START_TEST(bare_rows_have_no_namespace)
{
	static const struct {
		enum naming_scheme scheme;
		const char *name, *expected;
	} cases[] = {
	    {NAMING_STATSD, "statsd.numStats", "stats.statsd.numStats=1\n"},
	    {NAMING_STATSD, "statsd.processing_time", "stats.statsd.processing_time=1\n"},
	    {NAMING_STATSD_LEGACY, "statsd.numStats", "statsd.numStats=1\n"},
	    {NAMING_STATSD_LEGACY, "statsd.processing_time", "stats.statsd.processing_time=1\n"},
	    {NAMING_STATSD, "statsd.graphiteStats.last_flush",
		"stats.statsd.graphiteStats.last_flush=1\n"},
	    {NAMING_STATSD_LEGACY, "statsd.graphiteStats.last_flush",
		"stats.statsd.graphiteStats.last_flush=1\n"},
	    {NAMING_STATSITE, "statsd.numStats", "statsd.numStats=1\n"},
	    {NAMING_BRUBECK, "statsd.numStats", "statsd.numStats=1\n"},
	    {NAMING_PLAIN, "statsd.numStats", "statsd.numStats=1\n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct naming naming = naming_of(cases[i].scheme);
		struct row row = row_of(KIND_GAUGE, cases[i].name, "");

		row.own = row.bare = true;
		row.gauge.value = 1;
		must_give(&naming, NAMING_TAGS_GRAPHITE, &row, cases[i].expected);
	}
}
END_TEST

START_TEST(a_clients_row_is_never_bare)
{
	struct naming naming = naming_of(NAMING_STATSD);
	struct row row = row_of(KIND_GAUGE, "statsd.numStats", "");

	row.bare = true;
	row.gauge.value = 1;
	must_give(&naming, NAMING_TAGS_GRAPHITE, &row, "stats.gauges.statsd.numStats=1\n");
}
END_TEST

static void
count_point(void *arg, const char *name, size_t name_len, double value)
{
	size_t *points = arg;

	(void)name;
	(void)value;
	ck_assert_uint_gt(name_len, 0);
	++*points;
}

/* Property: as many points come as were announced, whatever the row, the
 * settings and the choice. */
START_TEST(as_many_points_as_are_counted)
{
	static const double some[] = {90, 50, 99.9, -10, 75};
	static const double limits[] = {1, 2, INFINITY};
	static const uint64_t counts[] = {1, 2, 3};
	uint64_t seed = random_seed();

	for (int round = 0; round < 20000; round++) {
		struct naming naming = naming_of((enum naming_scheme)random_below(&seed, 5));
		struct row row = row_of((enum kind)random_below(&seed, KINDS), "a", "k:v");
		struct timer_row *timer = timer_of();
		double percents[5];
		int statistics[3];
		struct naming_choice choice = {
		    {random_below(&seed, 6), percents}, {random_below(&seed, 4), statistics}};
		struct text names = {0};
		struct speller speller;
		size_t points = 0;

		memcpy(percents, some, sizeof(some));
		for (size_t i = 0; i < 3; i++)
			statistics[i] = (int)random_below(&seed, STATISTICS + 1);
		naming.counts = random_below(&seed, 2) == 0;
		naming.rates = random_below(&seed, 2) == 0;
		row.idle = random_below(&seed, 2) == 0;
		row.own = random_below(&seed, 2) == 0;
		row.bare = random_below(&seed, 2) == 0;
		timer->n = random_below(&seed, 3);
		timer->statistics = (statistic_mask)random_next(&seed) & STATISTICS_ALL;
		timer->ruled_percentiles = random_below(&seed, 3) == 0;
		timer->ruled_statistics = random_below(&seed, 3) == 0;
		timer->histogram = (struct histogram){random_below(&seed, 4), limits, counts};
		while (timer->quantiles < QUANTILES_MAX && random_below(&seed, 8) != 0) {
			struct quantile *q = add_quantile(timer, some[random_below(&seed, 5)],
			    (enum rank_rule)random_below(&seed, 3), 1);

			q->usual = random_below(&seed, 2) == 0;
			q->count = random_below(&seed, 3);
		}
		if (row.kind == KIND_TIMER)
			row.timer = timer;
		speller_init(&speller, &naming, (enum naming_tags)random_below(&seed, 3), &choice);
		naming_points(&speller, &row, 10, &names, count_point, &points);
		ck_assert_uint_eq(naming_count(&naming, &choice, &row), points);
		text_fini(&names);
	}
}
END_TEST

#define POINTS_MOST 64

/* Of one series of each kind, by one name: whose points are called what. */
struct called {
	struct text names; /* all of them, each with its NUL */
	size_t at[POINTS_MOST];
	enum kind kind[POINTS_MOST];
	size_t count;
	enum kind now;
};

static bool
are_twins(enum kind a, enum kind b)
{
	return a != b && (a <= KIND_GAUGE) == (b <= KIND_GAUGE);
}

struct expectation {
	struct called called;
	bool twins_may_meet;
};

static void
note_name(void *arg, const char *name, size_t name_len, double value)
{
	struct expectation *expectation = arg;
	struct called *called = &expectation->called;

	(void)value;
	for (size_t i = 0; i < called->count; i++) {
		const char *other = called->names.bytes + called->at[i];

		if (strlen(other) != name_len || memcmp(other, name, name_len) != 0)
			continue;
		ck_assert_msg(
		    expectation->twins_may_meet && are_twins(called->kind[i], called->now),
		    "%s twice", other);
	}
	ck_assert_uint_lt(called->count, POINTS_MOST);
	called->at[called->count] = called->names.len;
	called->kind[called->count++] = called->now;
	text_append(&called->names, name, name_len);
	text_byte(&called->names, '\0');
}

/* A timer with everything that can be asked for, each percentile once. */
static void
ask_everything(struct timer_row *timer, uint64_t *seed)
{
	static const double percents[] = {90, 50, 99.9, -10, 7.5, 75};
	static const double limits[] = {0.5, 5, INFINITY};
	static const uint64_t counts[] = {1, 2, 3};

	timer->n = 3;
	timer->quantiles = 0;
	timer->statistics = STATISTICS_ALL;
	timer->histogram = (struct histogram){3, limits, counts};
	for (size_t i = 0; i < 6; i++) {
		add_quantile(timer, percents[i], RANK_STATSD, 1)->usual = true;
		if (i % 2 == 0 || random_below(seed, 2) == 0)
			add_quantile(timer, percents[i],
			    random_below(seed, 2) == 0 ? RANK_STATSITE : RANK_BRUBECK, 1)
			    ->usual = true;
	}
}

/* Property: no two points of one name are called the same, but where the
 * names do not tell its kinds apart, or the operator gave two of them one
 * component. */
START_TEST(no_two_points_are_called_the_same)
{
	uint64_t seed = random_seed();

	for (int round = 0; round < 5000; round++) {
		char words[4][8];
		struct naming naming = naming_of((enum naming_scheme)random_below(&seed, 5));
		struct expectation expectation = {
		    .twins_may_meet = !naming_tells_kinds_apart(&naming)};
		struct timer_row *timer = timer_of();
		struct text names = {0};
		struct speller speller;

		for (unsigned i = 0; i < 4; i++)
			snprintf(words[i], sizeof(words[i]), "%c%u", 'a' + (int)i,
			    random_below(&seed, 100));
		if (random_below(&seed, 2) == 0) {
			naming.counters = words[0];
			naming.timers = words[1];
			naming.gauges = words[2];
			naming.sets = words[3];
		}
		if (random_below(&seed, 2) == 0)
			naming.suffix = words[0];
		ask_everything(timer, &seed);
		enum naming_tags tags = (enum naming_tags)random_below(&seed, 3);

		for (int kind = 0; kind < KINDS; kind++) {
			struct row row = row_of((enum kind)kind, "x", "k:v");
			const struct naming_choice choice = {0};

			if (kind == KIND_TIMER)
				row.timer = timer;
			expectation.called.now = (enum kind)kind;
			speller_init(&speller, &naming, tags, &choice);
			naming_points(&speller, &row, 10, &names, note_name, &expectation);
		}
		text_fini(&expectation.called.names);
		text_fini(&names);
	}
}
END_TEST

static const struct suite_test tests[] = {
    SUITE_TEST(counters_gauges_and_sets_are_spelt_as_the_scheme_says),
    SUITE_TEST(idle_series_are_what_the_scheme_makes_of_them),
    SUITE_TEST(kinds_are_apart_where_their_names_are),
    SUITE_TEST(tags_go_where_the_setting_says),
    SUITE_TEST(tags_without_a_type_come_back_as_they_were),
    SUITE_TEST(a_name_of_nothing_is_written_as_something),
    SUITE_TEST(a_given_prefix_is_everybodys_but_the_legacy_schemes),
    SUITE_TEST(path_tags_stand_between_name_and_statistic),
    SUITE_TEST(empty_components_are_left_out),
    SUITE_TEST(legacy_has_namespaces_of_its_own),
    SUITE_TEST(counts_and_rates_can_be_left_out),
    SUITE_TEST(bare_rows_have_no_namespace),
    SUITE_TEST(a_clients_row_is_never_bare),
    SUITE_TEST(as_many_points_as_are_counted),
    SUITE_TEST(no_two_points_are_called_the_same),
    {0},
};

SUITE_MAIN("metric/naming", tests)

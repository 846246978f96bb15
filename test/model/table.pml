/* SPDX-License-Identifier: MIT */
/* table.pml -- two workers, the flusher and a reader around one series.
 *
 * What is modelled: each worker's table has one slot, for the same key. A fold
 * adds 1 to the cell of the open interval. The flusher asks for a seal, merges
 * what each window touched, drops its references to what each window retired,
 * and returns the window; the worker frees a retired entry after that, once it
 * has seen no reader since it unlinked it. The reader looks into a slot between
 * reading = 1 and reading = 0. A key that was retired and comes again is a new
 * entry; memory is never used twice here, so that any use after free is seen.
 *
 * The catalog knows the series by a number that is never used twice; refs
 * counts the live entries that carry it; at none the series is forgotten.
 *
 * What must hold: nobody looks into a freed entry; the arena of a window is not
 * reset before the window has returned; an entry's number names a live series;
 * each window's folds are merged once, under its own interval.
 *
 * Every BROKEN_ name takes one rule away, and must make the verifier fail:
 *   BROKEN_SEAL_EARLY        seal the next before the last windows returned
 *   BROKEN_FREE_EARLY        free without waiting for the window's return
 *   BROKEN_FREE_READ         free without looking at reading
 *   BROKEN_LOOK_EARLY        look at reading before unlinking, not after
 *   BROKEN_RETIRED_FIRST     take retired before touched
 *   BROKEN_KEEP_REF          retire without dropping the reference
 */

#define INTERVALS 3 /* made in one, retired in the next, freed in the third */
#ifdef SMALL
#define FOLDS 2     /* enough to break it */
#else
#define FOLDS 3     /* samples, at most, of both workers */
#endif
#define SCANS 1     /* the reader's looks, at most, each at any time */
#define WORKERS 2
#define LIVES 2     /* entries a worker has room to make; the second makes one */
#define ENTRIES 4   /* WORKERS * LIVES */
#define NONE 15

#define parity(seq) ((seq) & 1)
#define at(w, seq) ((w) * 2 + parity(seq)) /* one of two windows, or of two cells */
#define bit(e) (1 << (e))
#define first(w) ((w) * LIVES)
#define second(w) ((w) * LIVES + 1)

/* Entries: worker w makes w * LIVES, and the first worker the next as well. */
bit freed[ENTRIES];
byte gid[ENTRIES];          /* the flusher's; 0: it does not know it yet */
byte cell_seq[8];           /* at(e, seq) */
byte cell_hits[8];

/* Each worker's table and its two windows, by parity. */
byte slot[WORKERS] = NONE;
byte touched[4];            /* bits: entries */
byte retired[4];
byte folded[4];
byte arena[4];              /* whose interval's records it holds */

/* Mailboxes, as the last interval that passed each way. */
byte seal[WORKERS];         /* flusher asks */
byte posted[WORKERS];       /* worker hands over */
byte returned[WORKERS];     /* flusher gives back */

bit reading;

/* The flusher's catalog of one series. */
byte series;                /* its number while it is known */
byte numbers;
byte refs;

byte folds;                 /* samples that came */
byte pending;               /* folded and not yet merged */
byte done;                  /* workers that have ended */

inline free_one(e)
{
#ifndef BROKEN_FREE_EARLY
	assert(!freed[e]);
#endif
	freed[e] = 1;
	gid[e] = 0
}

proctype worker(byte w)
{
	byte open = 1;          /* the interval whose window is open */
	byte taken = 0;         /* the last window that came back */
	byte made = 0;
	byte limbo = 0;         /* unlinked and returned, not yet freed */
	byte e;
#ifdef BROKEN_LOOK_EARLY
	bit quiet;
#endif

	arena[at(w, 1)] = 1;
	do
	/* A sample for the key. */
	:: atomic { open <= INTERVALS && folds < FOLDS && (slot[w] != NONE || made < LIVES - w) ->
		if
		:: slot[w] == NONE ->
			slot[w] = w * LIVES + made;
			made++
		:: else
		fi;
		e = slot[w];
		assert(!freed[e]);
		if
		:: cell_seq[at(e, open)] != open ->
			cell_seq[at(e, open)] = open;
			cell_hits[at(e, open)] = 0;
			touched[at(w, open)] = touched[at(w, open)] | bit(e)
		:: else
		fi;
		cell_hits[at(e, open)]++;
		folded[at(w, open)]++;
		folds++;
		pending++;
		e = 0
	   }

	/* The sweep finds the entry idle, or an operator has it forgotten. Here
	 * that may be at any time: touched in the open window, in the one that
	 * is being merged, or in both. */
	:: open <= INTERVALS && slot[w] != NONE ->
		e = slot[w];
#ifdef BROKEN_LOOK_EARLY
		reading == 0;
#endif
		atomic {
			slot[w] = NONE;
#ifdef BROKEN_FREE_EARLY
			limbo = limbo | bit(e);
#endif
			retired[at(w, open)] = retired[at(w, open)] | bit(e);
			e = 0
		}

	/* The mailbox is first in, first out: a return comes before the seal
	 * that the flusher sent after it. */
	:: atomic { returned[w] > taken ->
		taken++;
		limbo = limbo | retired[at(w, taken)];
		retired[at(w, taken)] = 0
	   }
	:: atomic { returned[w] == taken && open <= INTERVALS && seal[w] >= open ->
		posted[w] = open;
		open++;
		if
		:: open <= INTERVALS ->
			/* The other arena, last used two intervals ago. */
			assert(taken + 2 >= open);
			arena[at(w, open)] = open;
			touched[at(w, open)] = 0;
			folded[at(w, open)] = 0
		:: else
		fi
	   }

	/* Unlinked before, and seen no reader since. */
	:: limbo != 0 ->
#if !defined(BROKEN_FREE_READ) && !defined(BROKEN_LOOK_EARLY)
		reading == 0;
#endif
		atomic {
			if
			:: limbo & bit(first(w)) -> free_one(first(w))
			:: else
			fi;
			if
			:: limbo & bit(second(w)) -> free_one(second(w))
			:: else
			fi;
			limbo = 0
		}

	:: open > INTERVALS && taken == INTERVALS && limbo == 0 -> break
	od;
	done++
}

/* An entry of a sealed window that the worker folded into. What nobody reads
 * again is zeroed, so that fewer states differ: a fold in the cell's next
 * interval starts afresh whatever it finds. */
inline merge_one(e)
{
	assert(!freed[e]);
	assert(arena[at(w, seq)] == seq);
	assert(cell_seq[at(e, seq)] == seq);
	if
	:: gid[e] == 0 ->
		if
		:: series == 0 ->
			numbers++;
			series = numbers
		:: else
		fi;
		gid[e] = series;
		refs++
	:: else
	fi;
	assert(gid[e] == series);
	hits = hits + cell_hits[at(e, seq)];
	cell_hits[at(e, seq)] = 0;
	cell_seq[at(e, seq)] = 0;
	touched[at(w, seq)] = touched[at(w, seq)] - bit(e)
}

/* An entry that the worker has unlinked: it will not be touched again. */
inline drop_one(e)
{
	assert(!freed[e]);
	assert(gid[e] != 0 && gid[e] == series);
#ifndef BROKEN_KEEP_REF
	refs--;
#endif
	if
	:: refs == 0 -> series = 0
	:: else
	fi;
	left = left - bit(e)
}

inline merge_touched()
{
	do
	:: atomic { touched[at(w, seq)] & bit(first(w)) -> merge_one(first(w)) }
	:: atomic { touched[at(w, seq)] & bit(second(w)) -> merge_one(second(w)) }
	:: atomic { touched[at(w, seq)] == 0 -> break }
	od
}

inline drop_retired()
{
	left = retired[at(w, seq)];
	do
	:: atomic { left & bit(first(w)) -> drop_one(first(w)) }
	:: atomic { left & bit(second(w)) -> drop_one(second(w)) }
	:: atomic { left == 0 -> break }
	od
}

proctype flusher()
{
	byte seq = 1;
	byte merged;            /* bits: workers */
	byte w, hits, left, live;

	do
	:: seq <= INTERVALS ->
		atomic {
			seal[0] = seq;
			seal[1] = seq;
			merged = 0
		}
		do
		:: merged != 3 ->
			/* Windows come in any order. */
			if
			:: atomic { !(merged & 1) && posted[0] >= seq -> w = 0 }
			:: atomic { !(merged & 2) && posted[1] >= seq -> w = 1 }
			fi;
			hits = 0;
#ifdef BROKEN_SEAL_EARLY
			seal[w] = seq + 1;
#endif
#ifdef BROKEN_RETIRED_FIRST
			drop_retired();
			merge_touched();
#else
			merge_touched();
			drop_retired();
#endif
			atomic {
				assert(hits == folded[at(w, seq)]);
				pending = pending - hits;
				merged = merged | (w + 1);
				folded[at(w, seq)] = 0;
				returned[w] = seq;
				hits = 0;
				w = 0
			}
		:: else -> break
		od;
		seq++
	:: else -> break
	od;

	atomic {
		done == WORKERS;
		assert(pending == 0);
		/* One reference for each entry that is still in a table. */
		live = (slot[0] != NONE -> 1 : 0) + (slot[1] != NONE -> 1 : 0);
		assert(refs == live);
		assert((series != 0) == (live > 0))
	}
}

proctype reader()
{
	byte scans = 0;
	byte e = NONE;

	do
	:: scans < SCANS ->
		scans++;
		reading = 1;
		if
		:: e = slot[0]
		:: e = slot[1]
		fi;
		if
		:: e != NONE -> assert(!freed[e])
		:: else
		fi;
		e = NONE;
		reading = 0
	:: break
	od
}

init
{
	atomic {
		run worker(0);
		run worker(1);
		run flusher();
		run reader()
	}
}

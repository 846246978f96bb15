/* SPDX-License-Identifier: MIT */
/* settings.h -- what each kind of sink can be told. A kind's struct starts
 * with what every sink has, followed by its encoder's part and by its
 * transport's: neither of the two knows the kind it serves. */

#pragma once

#include "base/item.h"
#include "metric/naming.h"

struct sink_settings {
	int64_t queue_bytes;
};

/* How a transport knows that a flush has arrived. */
enum ack { ACK_AUTO, ACK_EOF, ACK_TCP, ACK_NONE };

struct tcp_settings {
	struct item_list address; /* of char * */
	int ack;
	int64_t ack_timeout_ns;
};

struct graphite_encoding {
	struct naming names;
	int tags; /* enum naming_tags */
	struct naming_choice choice;
};

struct graphite_settings {
	struct sink_settings sink;
	struct graphite_encoding encoding;
	struct tcp_settings tcp;
};

enum stdout_format { STDOUT_TABLE };

struct stdout_settings {
	struct sink_settings sink;
	int format;
};

extern const struct item_table graphite_items;
extern const struct item_table stdout_items;

extern const char *const ack_choices[];

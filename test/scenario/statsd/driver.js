// SPDX-License-Identifier: MIT
// driver.js -- lets a StatsD do what a test says, when it says it, and nothing
// by itself.
//
// Node loads it before StatsD (--require), and StatsD loads it as one of its
// servers. On standard input come frames, their numbers little-endian:
//
//   length (4 bytes), a datagram of this length
//   0xffffffff, seconds since 1970 (4 bytes): it is this late, flush
//
// The time stands still in between, from STATSD_NOW on. The end of the input
// ends StatsD.

'use strict';

const util = require('util');

const FLUSH = 0xffffffff;
const RealDate = Date;

let now = Number(process.env.STATSD_NOW) * 1000;
let flush = null;
let held = Buffer.alloc(0);

global.Date = class extends RealDate {
	constructor(...args) {
		super(...(args.length > 0 ? args : [now]));
	}

	static now() {
		return now;
	}
};

// StatsD sets one timer, for its next flush.
global.setTimeout = (run) => {
	flush = run;
};

// One message for each bad line; newer Nodes have no such function.
util.log = () => {};

// Do what the first frame held says; its length, 0 if it is not all there.
function takeFrame(receive) {
	if (held.length < 4)
		return 0;
	const length = held.readUInt32LE(0);
	const end = 4 + (length === FLUSH ? 4 : length);

	if (held.length < end)
		return 0;
	if (length === FLUSH) {
		now = held.readUInt32LE(4) * 1000;
		flush();
	} else {
		receive(held.subarray(4, end), {address: '127.0.0.1', port: 1, size: length});
	}
	return end;
}

exports.start = (config, receive) => {
	process.stdin.on('data', (bytes) => {
		held = Buffer.concat([held, bytes]);
		for (let taken; (taken = takeFrame(receive)) > 0;)
			held = held.subarray(taken);
	});
	process.stdin.on('end', () => process.exit());
	return true;
};

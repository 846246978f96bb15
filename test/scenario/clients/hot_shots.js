// SPDX-License-Identifier: MIT
// hot_shots.js -- every call that the client hot-shots has, over one transport:
//
//   node hot_shots.js PACKAGE udp|tcp|unix_datagram|unix_stream PORT|PATH
//
// What came of it is in clients_test.c. Fails if the client says that anything
// went wrong.
'use strict';
const net = require('net');

const [, , directory, transport, address] = process.argv;
const StatsD = require(directory);

const HITS = 3000;
const LONG = 'x'.repeat(200);
const port = Number(address);

const ways = {
	udp: () => ({ host: '127.0.0.1', port }),
	tcp: () => ({ protocol: 'tcp', host: '127.0.0.1', port }),
	// It waits while the receiver's queue is full.
	unix_datagram: () => ({
		protocol: 'uds',
		path: address,
		udsRetryOptions: { retries: 10000, retryDelayMs: 1, maxRetryDelayMs: 5 },
	}),
	unix_stream: () => ({ protocol: 'stream', stream: net.connect(address) }),
};

function fail(error) {
	console.error(error);
	process.exitCode = 1;
}

function open(options) {
	return new StatsD({
		...ways[transport](),
		maxBufferSize: 0,
		globalTags: { region: 'eu' },
		errorHandler: fail,
		...options,
	});
}

// It is closed when all is sent, and not from within the last send.
function close(client) {
	return new Promise((done) => client.flush(() => setImmediate(() => client.close(done))));
}

// Each call is one datagram, or one write.
async function every_call() {
	const client = open({ prefix: 'app', suffix: 'v1' });
	const now = Math.round(Date.now() / 1000);

	client.increment('hits');
	client.increment('hits', 1500);
	client.decrement('hits');
	client.decrement('hits', 500);
	client.increment(['left', 'right'], 2);
	client.increment('tiny', 1e-7);
	client.increment('huge', 1e21);
	client.increment('a:b|c');
	client.increment('dated', 3, { timestamp: now });
	client.gauge('level', 12.5);
	client.gaugeDelta('level', 2.5);
	client.gaugeDelta('level', -5);
	client.timing('wait', 20);
	client.timing('since', new Date());
	client.timer(() => 0, 'timer')();
	await client.asyncTimer(async () => 0, 'async')();
	await client.asyncDistTimer(async () => 0, 'distance')();
	client.histogram('size', 7);
	client.distribution('load', 0.25);
	for (const who of ['ann', 'bob', 'ann', 42, 'zoë', 'a b'])
		client.set('who', who);
	client.unique('who', 'carol');
	client.increment('page', 1, { region: 'us', 'o:d#d': 'http://x:80/y?a=b,c|d' });
	client.increment('page', 1, ['region:us', 'flag', 'city:zürich']);
	client.childClient({ prefix: 'sub.', globalTags: { shard: 1 } }).increment('child');

	client.event('deploy', 'two\nlines', {
		date_happened: new Date(),
		hostname: 'web1',
		aggregation_key: 'k',
		priority: 'low',
		source_type_name: 's',
		alert_type: 'success',
	}, ['flag']);
	client.event('bare');
	client.event('größer', '3 € 🚀');
	client.check('up', client.CHECKS.OK, { hostname: 'web1', message: 'all is well' }, ['flag']);
	client.check('down', client.CHECKS.CRITICAL);
	await close(client);
}

// The rate is said, and nothing left out.
async function sampled_calls() {
	const client = open({ prefix: 'sampled' });

	Math.random = () => 0;
	client.increment('hits', 1, 0.5);
	client.timing('wait', 20, 0.1);
	client.histogram('size', 7, 0.1);
	client.gauge('level', 3, 0.5);
	client.set('who', 'ann', 0.5);
	await close(client);
}

// Many lines at once, as much as a unix datagram of DogStatsD's may have.
async function large_packets() {
	const client = open({ prefix: 'large', maxBufferSize: transport === 'udp' ? 1432 : 8192 });

	for (let i = 0; i < HITS; i++) {
		client.increment('hits');
		client.timing('wait', i);
		if (i % 10 === 0)
			client.increment('wide', 1, { long: LONG });
	}
	await close(client);
}

// What it says to a server of Datadog's, its own telemetry included.
async function datadog_fields() {
	process.env.DD_EXTERNAL_ENV = 'it-false,cn-app,pu-75a2b6d5-3949-4afb-ad0d-92ff0674e759';
	process.env.DD_ENTITY_ID = 'entity';
	process.env.DD_VERSION = '1.2.3';
	const client = open({
		prefix: 'dd',
		datadog: true,
		cardinality: 'low',
		containerID: 'f'.repeat(64),
	});

	client.increment('hits', 2, { cardinality: 'high' });
	client.timing('wait', 5, 1);
	client.event('deploy', 'now', { cardinality: 'none' });
	client.check('up', client.CHECKS.WARNING, { message: 'hm' });
	await close(client);
	for (const name of ['DD_EXTERNAL_ENV', 'DD_ENTITY_ID', 'DD_VERSION'])
		delete process.env[name];
}

async function telegraf_tags() {
	const client = open({ prefix: 'telegraf', telegraf: true });

	client.increment('hits', 1, { path: '/a' });
	client.gauge('level', -1);
	await close(client);
}

// It adds up itself.
async function aggregated_calls() {
	const client = open({ prefix: 'sum', aggregation: true, maxBufferSize: 8192 });

	for (let i = 0; i < HITS; i++) {
		client.increment('hits');
		client.gauge('level', i);
		client.set('who', i % 3);
	}
	await close(client);
}

(async () => {
	await every_call();
	await sampled_calls();
	await large_packets();
	await datadog_fields();
	await telegraf_tags();
	await aggregated_calls();
})();

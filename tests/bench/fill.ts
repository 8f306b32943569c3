// Fills a fresh data folder with so many records by the server's own push, and prints what a client needs to go on:
// node fill.mjs <records>. Readings and interviews as a network has them in a year: 864 to 60, one after the other.
import { startApp } from '../../src/lib/server/start';
import { dispatch } from '$lib/server/door/serve';
import { everywhere } from '../../src/lib/server/database/open';
import { audiencesOf } from '$lib/server/exchange/pull';
import { push, type Author } from '$lib/server/exchange/push';
import { mintId } from '../../src/lib/domain/mint';
import { readingId } from '../../src/lib/domain/reading';
import type { Change } from '../../src/lib/domain/change';
import type { Entered } from '../../src/lib/domain/session';
import { changeOf } from './pages/sample';

export type Filled = {
	person: string;
	device: string;
	headers: { [name: string]: string };
	cursor: { sequence: number; mark: string };
	audiences: string[];
	antenna: string;
};

const BATCH = 5000;
const YEAR = 365.25 * 86_400_000;
const count = Number(process.argv[2]);
const madeAt = (i: number) => Date.now() - YEAR * (1 - i / count);
const app = await startApp(process.env, 'bench');
const device = { id: crypto.randomUUID(), name: 'bench' };
const body = {
	code: app.setupCode,
	structure: 'Bench',
	antennas: ['Tarbes'],
	director: 'Claire',
	passphrase: 'les gaves descendent vite',
	device
};
const asked = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
const response = await dispatch(app, new Request(`${app.origin}/api/setup`, asked), '127.0.0.1');
const { session, key } = (await response.json()) as Entered;
const author: Author = { ...session.person, structure: session.structure.id, device: device.id };

await everywhere(async () => {
	const { structure } = author;
	const antenna = await app.db
		.selectFrom('record')
		.select('id')
		.where('kind', '=', 'antenna')
		.executeTakeFirstOrThrow();
	const campaigns = Array.from({ length: 200 }, () => crypto.randomUUID());
	const reading = (i: number): Change => {
		const key = {
			campaign: campaigns[Math.floor(i / 6000) % 200]!,
			place: antenna.id,
			period: `2014-${String(1 + (i % 12)).padStart(2, '0')}`,
			indicator: `richesses-indicateur-${Math.floor(i / 12) % 500}`
		};
		const fields = { value: { amount: i } };
		return {
			id: mintId(crypto.getRandomValues(new Uint8Array(16)), madeAt(i)),
			kind: 'reading',
			record: readingId(key),
			fields,
			seen: {},
			at: '2014-11-12T10:00:00.000Z'
		};
	};
	const interview = (i: number) => changeOf({ campaign: campaigns[i % 200]!, antenna: antenna.id }, i, madeAt(i));
	const audiences = await audiencesOf(app.db, structure, author);
	for (let at = 0; at < count; at += BATCH) {
		const batch = Array.from({ length: Math.min(BATCH, count - at) }, (_, i) =>
			(at + i) % 924 < 864 ? reading(at + i) : interview(at + i)
		);
		const { receipts } = await app.db
			.transaction()
			.execute((trx) => push(app, trx, author, batch, { sequence: 0, audiences: new Set(audiences) }));
		const refused = receipts.find(({ verdict }) => verdict !== 'applied');
		if (refused) throw new Error(JSON.stringify(refused));
	}
	const cursor = await app.db
		.selectFrom('commit_mark')
		.select(['sequence', 'mark'])
		.orderBy('sequence', 'desc')
		.executeTakeFirstOrThrow();
	const headers = { 'temoin-key': key, cookie: response.headers.get('set-cookie')!.split(';')[0]! };
	const filled: Filled = { person: author.id, device: device.id, headers, cursor, audiences, antenna: antenna.id };
	console.log(JSON.stringify(filled));
});
await app.db.destroy();

import { COUNT, inTurns, line, ROUNDS } from './ground.ts';
import { NAMES, stand, type Name } from './subjects.ts';
import { countWire, type Wire } from './wire.ts';

type Ways = 'push' | 'pull';
type Seen = { spent: number; tidied?: number; wire: Wire };

/** Records of about 1.2 kB from a browser to a server and, for `pull`, on into a fresh profile. */
export async function measureExchanges(ways: readonly Ways[]): Promise<void> {
	const rounds: { [way in Ways]: { [name in Name]: Seen }[] } = { push: [], pull: [] };
	for (let round = 0; round < ROUNDS; round++) {
		const seen = { push: {}, pull: {} } as { [way in Ways]: { [name in Name]: Seen } };
		await inTurns(
			round,
			NAMES.map((name) => async () => {
				const { who, profile, another, stop } = await stand(name);
				try {
					await profile.run('fill', who, COUNT);
					const wire = await countWire(profile.cdp);
					seen.push[name] = { ...(await profile.run('push', who, COUNT)), wire: wire.read() };
					await profile.close();
					if (!ways.includes('pull')) return;
					const other = await another();
					const back = await countWire(other.profile.cdp);
					seen.pull[name] = { ...(await other.profile.run('pull', other.who, COUNT)), wire: back.read() };
				} finally {
					await stop();
				}
			})
		);
		for (const way of ways) {
			rounds[way].push(seen[way]);
			console.log(
				`  ${way} ${COUNT}, round ${round + 1}: ${NAMES.map((name) => print(name, seen[way][name])).join('; ')}`
			);
		}
	}
	for (const way of ways) {
		const against = (other: Name) => rounds[way].map((seen) => seen[other].spent / seen.ours.spent);
		const goals = way === 'push' ? { pouch: 5, rx: 4, limit: 0.7 } : { pouch: 4, rx: 1.6, limit: 0.62 };
		line(`${way} ${COUNT}: times as fast as PouchDB`, against('pouch'), '≥', goals.pouch);
		line(`${way} ${COUNT}: times as fast as RxDB`, against('rx'), '≥', goals.rx);
		line(`${way} ${COUNT}: share of the practical limit's speed`, against('limit'), '≥', goals.limit);
		const bytes = ({ up, down }: Wire) => up + down;
		const weights = rounds[way].map(({ ours, limit }) => bytes(ours.wire) / bytes(limit.wire));
		line(`${way} ${COUNT}: bytes, both ways, headers too / the limit's`, weights, '≤', 1.15);
		const requests = rounds[way].map(({ ours }) => ours.wire.requests);
		line(`${way} ${COUNT}: requests`, requests, '≤', Math.ceil(COUNT / 500) + 2);
	}
}

function print(name: Name, { spent, tidied, wire }: Seen): string {
	const rows = tidied === undefined ? '' : ` (rows in place ${Math.round(tidied)})`;
	return `${name} ${Math.round(spent)} ms${rows}, ${wire.requests} requests, ${((wire.up + wire.down) / 1000).toFixed(0)} kB`;
}

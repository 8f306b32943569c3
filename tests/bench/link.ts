import { inTurns, line, ROUNDS } from './ground.ts';
import { stand } from './subjects.ts';
import { slowDown } from './wire.ts';

const RECORDS = 1000;
const COMPARED = ['ours', 'pouch', 'limit'] as const;

/** 400 kbit/s and 400 ms: a valley, one bar of network. */
export async function measureSlowLink(): Promise<void> {
	type Seen = { many: number; one: number };
	const rounds: { [name in (typeof COMPARED)[number]]: Seen }[] = [];
	for (let round = 0; round < ROUNDS; round++) {
		const seen = {} as (typeof rounds)[number];
		await inTurns(
			round,
			COMPARED.map((name) => async () => {
				const { who, profile, stop } = await stand(name);
				try {
					await profile.run('fill', who, RECORDS);
					await profile.cdp.send('Network.enable', { maxTotalBufferSize: 0, maxResourceBufferSize: 0 });
					await slowDown(profile.cdp);
					const many = (await profile.run('push', who, RECORDS)).spent;
					seen[name] = { many, one: (await profile.run('one', who)).spent };
				} finally {
					await stop();
				}
			})
		);
		rounds.push(seen);
		const times = COMPARED.map(
			(name) => `${name} ${Math.round(seen[name].many)} ms, one ${Math.round(seen[name].one)} ms`
		);
		console.log(`  slow link, round ${round + 1}: ${times.join('; ')}`);
	}
	const against = (other: 'pouch' | 'limit', what: keyof Seen) =>
		rounds.map((seen) => seen[other][what] / seen.ours[what]);
	line(`slow link, push ${RECORDS}: times as fast as PouchDB`, against('pouch', 'many'), '≥', 6.5);
	line(`slow link, push ${RECORDS}: share of the practical limit's speed`, against('limit', 'many'), '≥', 0.85);
	line('slow link, one record: times as fast as PouchDB', against('pouch', 'one'), '≥', 5);
}

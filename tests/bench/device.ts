import { line, openProfile, OURS, ROUNDS, startServer } from './ground.ts';
import type { bench as Device } from './pages/device.ts';
import type { Who } from './pages/sample.ts';

const SOMEBODY: Who = { person: 'claire', device: 'bench', key: '', campaign: 'bench', antenna: 'tarbes' };

/** What a person waits for on the device alone: saving, listing, unlocking. */
export async function measureDevice(): Promise<void> {
	type Seen = { small: number; vaulted: number; growth: number; listed: number; relisted: number; unlocked: number };
	const rounds: Seen[] = [];
	const server = await startServer(OURS);
	for (let round = 0; round < ROUNDS; round++) {
		const profile = await openProfile<typeof Device>('device', server.origin);
		const empty = await profile.run('saves', SOMEBODY, 0, 200);
		const full = await profile.run('saves', SOMEBODY, 50_000, 200);
		const list = await profile.run('lists', SOMEBODY, 2000, 7);
		const unlock = await profile.run('unlocks', SOMEBODY, 5);
		await profile.close();
		rounds.push({
			small: empty.ours / empty.bare,
			vaulted: empty.ours / empty.clear,
			growth: full.ours / empty.ours,
			listed: list.first / list.clear,
			relisted: list.again / list.clear,
			unlocked: unlock.spent
		});
		console.log(
			`  device, round ${round + 1}: list of 2,000 first ${Math.round(list.first)} ms, again ${Math.round(list.again)} ms, without a vault ${Math.round(list.clear)} ms; unlock ${Math.round(unlock.spent)} ms at ${unlock.iterations} rounds`
		);
	}
	await server.stop();
	const all = (name: keyof Seen) => rounds.map((seen) => seen[name]);
	line('save one answer: ours / bare strict put (p50)', all('small'), '≤', 2);
	line('save one answer: with the vault / without (p50)', all('vaulted'), '≤', 1.5);
	line('save at 50,000 records / at none (p50)', all('growth'), '≤', 1.15);
	line('list 2,000 interviews: with the vault / without, first', all('listed'), '≤', 2);
	line('list 2,000 interviews: with the vault / without, again', all('relisted'), '≤', 2);
	line('unlock at the calibrated cost, ms', all('unlocked'), '≤', 1000);
}

import { m } from '$lib/words/generated/messages';
import type { RunnerState } from '../sync/runner';

export type Condition =
	| 'sending'
	| 'signed-out'
	| 'second-factor'
	| 'outdated'
	| 'trouble'
	| 'refused'
	| 'waiting'
	| 'contested'
	| 'never'
	| 'current';

/** How this device stands, the most pressing first. Being offline is none of it. */
export function conditionOf(
	sync: RunnerState,
	{
		unsent,
		refused,
		contested,
		syncedAt
	}: { unsent: number; refused: number; contested: number; syncedAt: string | null }
): Condition {
	if (sync.at === 'work' && unsent > 0) return 'sending';
	const failure = sync.at === 'rest' ? sync.outcome?.state : undefined;
	if (isOutdated(sync)) return 'outdated';
	if (failure === 'signed-out' || failure === 'revoked') return 'signed-out';
	if (failure === 'second-factor') return 'second-factor';
	if (failure === 'refused' || failure === 'broken') return 'trouble';
	if (refused > 0) return 'refused';
	if (unsent > 0) return 'waiting';
	if (contested > 0) return 'contested';
	return syncedAt ? 'current' : 'never';
}

/** The state of exchange as it is said aloud when it changes: how far it has come is only seen. */
export const exchangeSaid = (condition: Condition): string => SAID[condition]();
const SAID: Record<Condition, () => string> = {
	sending: m.exchange_said_sending,
	'signed-out': m.exchange_said_signed_out,
	'second-factor': m.exchange_said_second_factor,
	outdated: m.exchange_said_outdated,
	trouble: m.exchange_said_trouble,
	refused: m.exchange_said_refused,
	waiting: m.exchange_said_waiting,
	contested: m.exchange_said_contested,
	never: () => '',
	current: m.exchange_said_current
};

/** Whether this device's version and the server's no longer understand each other (426). */
export const isOutdated = (sync: RunnerState): boolean =>
	sync.at === 'rest' && sync.outcome?.state === 'refused' && sync.outcome.status === 426;

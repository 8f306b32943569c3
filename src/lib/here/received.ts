import { readSetting, type Position } from '$lib/local/database';
import { here } from './here.svelte';

/** Whether a whole exchange has ended on this device: until then, what is not here may well be at headquarters. */
export const hasReceived = async (): Promise<boolean> =>
	(await readSetting<Position>(here.db, 'position'))?.syncedAt != null;

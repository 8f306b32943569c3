import { plainCode } from '../../domain/code';
import { newCode, type App } from '../app';
import { findDone, forgetDone, keepDone, type Who } from './pending';
import type { Reader, Trx } from '../database/store';
import { sha256 } from '../database/hash';

const RECOVERY_CODES = 8;

export const countRecoveryCodes = async (db: Reader, { structure, person }: Who): Promise<number> =>
	(
		await db
			.selectFrom('recovery_code')
			.select('code_hash')
			.where('structure_id', '=', structure)
			.where('person_id', '=', person)
			.execute()
	).length;

/** A code serves once, and for ten minutes the same device once more: it may not have heard that it served. */
export async function useRecoveryCode(
	app: App,
	db: Reader,
	{ structure, person }: Who,
	code: string,
	device: string
): Promise<boolean> {
	const hash = recoveryHash(structure, person, code);
	const used = await db
		.deleteFrom('recovery_code')
		.where('structure_id', '=', structure)
		.where('person_id', '=', person)
		.where('code_hash', '=', hash)
		.executeTakeFirst();
	if (Number(used.numDeletedRows) === 0)
		return (await findDone(app, db, structure, RECOVERY_DONE, hash))?.value === device;
	await keepDone(app, db, { structure, person }, RECOVERY_DONE, hash, device);
	return true;
}
const RECOVERY_DONE = 'recovery-used';

/** New recovery codes; those before stop working. They are shown once, only their hashes are kept. */
export async function renewRecoveryCodes(app: App, trx: Trx, who: Who): Promise<string[]> {
	await dropRecoveryCodes(trx, who);
	const codes = Array.from({ length: RECOVERY_CODES }, () => newCode(app));
	await trx
		.insertInto('recovery_code')
		.values(
			codes.map((code) => ({
				structure_id: who.structure,
				person_id: who.person,
				code_hash: recoveryHash(who.structure, who.person, code)
			}))
		)
		.execute();
	return codes;
}

export async function dropRecoveryCodes(trx: Trx, who: Who): Promise<void> {
	await trx
		.deleteFrom('recovery_code')
		.where('structure_id', '=', who.structure)
		.where('person_id', '=', who.person)
		.execute();
	await forgetDone(trx, who, RECOVERY_DONE);
}

const recoveryHash = (structure: string, person: string, code: string): string =>
	sha256(`recovery|${structure}|${person}|${plainCode(code)}`);

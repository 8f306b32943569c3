import type { Patch } from './bundle.ts';

/** The next version of the product, as far as the simulation needs one: another protocol, and a kind this one does not know. */
export const NEXT: Patch[] = [
	{ file: 'domain/sync.ts', find: 'export const PROTOCOL = 2;', replace: 'export const PROTOCOL = 3;' },
	{
		file: 'domain/kinds.ts',
		find: '	reading: { fields: readingFields }\n',
		replace: '	reading: { fields: readingFields },\n	action: { fields: {} }\n'
	},
	{
		file: 'domain/rights.ts',
		find: '	campaign: { counsellor: READ,',
		replace:
			"	action: { counsellor: ALL, 'antenna-staff': ALL, director: ALL, network: NOTHING },\n	campaign: { counsellor: READ,"
	},
	{
		file: 'local/database.ts',
		find: "chunks: '[hash+number]' });",
		replace: `chunks: '[hash+number]' });
	db.version(3).stores({}).upgrade(async (trx) => {
		const rows = await trx.table('outbox').toArray();
		await trx.table('outbox').clear();
		await trx.table('outbox').bulkPut(rows.map((row) => ({ ...row, upgraded: 3 })));
	});`
	}
];

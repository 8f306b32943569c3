import { expect, test } from 'vitest';
import { PersonDatabase } from '$lib/local/database';
import { listTorn } from '$lib/local/torn';
import { contested, fieldsOf, readingRecord } from '../support/records';
import { openVault } from '../support/vault';

test('what stands in two values is found whatever its kind, and people’s own records are not asked about here', async () => {
	const db = new PersonDatabase('torn', await openVault({ structure: 'gps', person: 'sandrine', device: 'tablet' }));
	const put = async (id: string, kind: string, fields: Parameters<typeof fieldsOf>[0]) =>
		db.records.put(
			await db.sealRecord(
				{ id, kind, owner: 'sandrine', audience: 'office', sequence: 1, fields: fieldsOf(fields) },
				''
			)
		);
	const reading = readingRecord({});
	await put(reading.id, 'reading', { value: contested({ amount: 1 }, { amount: 2 }) });
	await put('antenna', 'antenna', { name: contested('Tarbes', 'Tarbes Nord') });
	await put('settled', 'antenna', { name: 'Lourdes' });
	await put('person', 'person', { name: contested('Karim', 'Karima') });
	expect((await listTorn(db, 'sandrine')).map(({ id }) => id)).toEqual([reading.id, 'antenna']);
	db.close();
});

import { expect, onTestFinished, test, vi } from 'vitest';
import { deletionOf, type Fields } from '$lib/domain/record';
import { PersonDatabase, TORN_KNOWN } from '$lib/local/database';
import { save } from '$lib/local/outbox';
import { knowTorn, listTorn } from '$lib/local/torn';
import { contested, fieldsOf, readingRecord } from '../support/records';
import { uuid } from '../support/server';
import { openVault } from '../support/vault';

const PLACE = { structure: 'gps', person: 'sandrine', device: 'tablet' };

async function opened(name: string) {
	const db = new PersonDatabase(name, await openVault(PLACE));
	onTestFinished(() => db.delete());
	const put = async (id: string, kind: string, fields: Fields) =>
		db.records.put(await db.sealRecord({ id, kind, owner: 'sandrine', audience: 'office', sequence: 1, fields }, ''));
	return { db, put };
}

test('what stands in two values is found whatever its kind, and people’s own records are not asked about here', async () => {
	const { db, put } = await opened('torn');
	const reading = readingRecord({});
	await put(reading.id, 'reading', fieldsOf({ value: contested({ amount: 1 }, { amount: 2 }) }));
	await put('antenna', 'antenna', fieldsOf({ name: contested('Tarbes', 'Tarbes Nord') }));
	await put('settled', 'antenna', fieldsOf({ name: 'Lourdes' }));
	await put('person', 'person', fieldsOf({ name: contested('Karim', 'Karima') }));
	const before = fieldsOf({ name: 'Gavarnie' });
	await put('deleted', 'antenna', { ...before, ...fieldsOf({ deleted: deletionOf(before) }) });
	const open = vi.spyOn(db, 'openRecord');
	expect((await listTorn(db, 'sandrine')).map(({ id }) => id)).toEqual([reading.id, 'antenna']);
	expect(open.mock.calls.map(([{ id }]) => id)).not.toContain('settled');
	expect(await db.records.where('torn').equals(1).primaryKeys()).not.toContain('deleted');
});

test('what differs only by an edit that has not left is found, and what that edit settles is not', async () => {
	const { db, put } = await opened('torn-unsent');
	await put('a', 'antenna', fieldsOf({ name: 'Lourdes' }));
	await put('b', 'antenna', fieldsOf({ name: contested('Tarbes', 'Tarbes Nord') }));
	const edit = (record: string, seen: string[]) =>
		save(db, { id: uuid(), kind: 'antenna', record, fields: { name: 'Gavarnie' }, seen: { name: seen }, at: '' });
	await edit('a', []); // somebody who had not seen « Lourdes »
	const both = (await listTorn(db, 'sandrine')).find(({ id }) => id === 'b')!.fields.name!;
	await edit(
		'b',
		both.map(({ change }) => change)
	);
	expect((await listTorn(db, 'sandrine')).map(({ id }) => id)).toEqual(['a']);
});

test('rows of a version before are looked at once, and found meanwhile', async () => {
	const { db, put } = await opened('torn-before');
	for (let i = 0; i < 1200; i++) await put(`r${i}`, 'antenna', fieldsOf({ name: 'Lourdes' }));
	await put('r77', 'antenna', fieldsOf({ name: contested('Tarbes', 'Tarbes Nord') }));
	await db.records.toCollection().modify({ torn: undefined });
	await db.settings.delete(TORN_KNOWN);
	const found = async () => (await listTorn(db, 'sandrine')).map(({ id }) => id);
	expect(await found()).toEqual(['r77']);
	await knowTorn(db);
	expect(await db.records.where('torn').equals(1).primaryKeys()).toEqual(['r77']);
	const open = vi.spyOn(db, 'openRecord');
	await knowTorn(db);
	expect(open).not.toHaveBeenCalled();
	expect(await found()).toEqual(['r77']);
	expect(open).toHaveBeenCalledTimes(1);
});

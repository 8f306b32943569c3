import type { Patch } from './bundle.ts';

/** The next version of the product, as far as the simulation needs one: another protocol, a kind this one does not know,
 * and a store that is brought up to date. */
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
		find: "chunks: '[about+hash+number]' });",
		replace: `chunks: '[about+hash+number]' });
	db.version(3).stores({}).upgrade(async (trx) => {
		const rows = await trx.table('outbox').toArray();
		await trx.table('outbox').clear();
		for (const row of rows) await trx.table('outbox').put({ ...row, upgraded: 3 });
	});`
	}
];

/** A bug planted on purpose: the simulation must find it. */
export type Plant = Patch[];
const plant = (file: string, find: string, replace: string): Plant => [{ file, find, replace }];

const ARRIVALS = 'local/arrivals.ts';
const OUTBOX = 'local/outbox.ts';
const EXCHANGE = 'sync/exchange.ts';
const PUSH = 'server/push.ts';

export const PLANTS: { [name: string]: Plant } = {
	/* the device */
	'save-not-durable': plant(
		'local/database.ts',
		"super(name, { chromeTransactionDurability: 'strict' }); // a tablet may lose power at any moment",
		"super(name, { chromeTransactionDurability: 'relaxed' });"
	),
	'save-swallows-errors': plant(
		OUTBOX,
		'const order = await db.outbox.put(row);',
		'const order = await db.outbox.put(row).catch(() => 0);'
	),
	'edit-folded-into-what-is-on-its-way': plant(
		OUTBOX,
		"where('[record+state]').equals([record, 'open']).first();",
		"where('[record+state]').between([record, ''], [record, '\\uffff']).last();"
	),
	'edits-of-two-tabs-lost': plant(
		OUTBOX,
		'if (now?.order !== open?.order || (now && nonceOf(now.sealed) !== nonceOf(open!.sealed))) return undefined;',
		''
	),
	'fold-forgets-what-was-seen': plant(
		'domain/merge.ts',
		'const ids = new Set([...seenBy(open, field), ...seenBy({ id: open.id, seen }, field)]);',
		'const ids = new Set(seenBy({ id: open.id, seen }, field));'
	),
	'outbox-cleared-by-record': plant(
		ARRIVALS,
		"	await db.outbox.where('order').between(first, last, true, true).delete();",
		`	const gone = await db.outbox.where('order').between(first, last, true, true).toArray();
	await db.outbox.filter(({ record }) => gone.some((one) => one.record === record)).delete();`
	),
	'outbox-cleared-whole': plant(
		ARRIVALS,
		"	await db.outbox.where('order').between(first, last, true, true).delete();",
		'	if (last >= first) await db.outbox.clear();'
	),
	'outbox-cleared-before-the-records': plant(
		ARRIVALS,
		'		if (worked) await write(db, worked);\n		else if (last) {',
		"		if (worked) await db.outbox.where('order').between(worked.first, worked.last, true, true).delete();\n		else if (last) {"
	),
	'outbox-cleared-on-an-error': plant(
		EXCHANGE,
		'if (!answered.unreadable || batch.length === 0) return answered.outcome;',
		'if (!answered.unreadable || batch.length === 0) { await db.outbox.bulkDelete(batch.map(({ order }) => order)); return answered.outcome; }'
	),
	'outbox-cleared-with-a-lost-right': plant(
		ARRIVALS,
		'		await dropLost(db, before.audiences, followed);',
		'		await dropLost(db, before.audiences, followed);\n		if (before.audiences.some((one) => !followed.includes(one))) await db.outbox.clear();'
	),
	'receipts-out-of-place': plant(
		ARRIVALS,
		"const isTaken = (i: number) => ['applied', 'contested'].includes(reply.receipts[i]!.verdict);",
		"const isTaken = (_: number) => ['applied', 'contested'].includes(reply.receipts[0]!.verdict);"
	),
	'refused-thrown-away': plant(ARRIVALS, '	await db.refused.bulkPut(refused);\n	// By change', '	// By change'),
	'sent-not-kept': plant(ARRIVALS, '	if (sent) await db.sent.add(sent);\n', ''),
	'sent-taken-for-backed-up': plant(ARRIVALS, "		if (backup && before.offer !== 'all')", '		if (backup)'),
	'cursor-saved-before-the-records': plant(
		ARRIVALS,
		"	return await db.transaction('rw', tablesOf(db), async () => {\n		if (worked)",
		`	if (!startsOver) {
		const { cursor, epoch, filling, audiences = before.audiences } = reply;
		await db.settings.put({ name: 'position', value: { ...before, cursor, epoch, filling, audiences } });
	}
	return await db.transaction('rw', tablesOf(db), async () => {
		if (worked)`
	),
	'epoch-ignored': plant(
		ARRIVALS,
		'const startsOver = before.epoch !== null && before.epoch !== reply.epoch;',
		'const startsOver = false as boolean;'
	),
	'nothing-offered-after-a-restore': plant(ARRIVALS, "offer: 'all' as const, tell: '',", "offer: undefined, tell: '',"),
	'nothing-set-aside': plant(
		ARRIVALS,
		'			await db.aside.bulkPut(old.map((row) => ({ ...row, epoch: before.epoch! })));\n',
		''
	),
	'digest-adopted': plant(
		ARRIVALS,
		"return found.count === expected.count && found.sum === expected.sum ? 'equal' : 'different';",
		"return 'equal';"
	),
	'fresh-pull-never-swept': plant(
		ARRIVALS,
		'		if (before.sweep && !reply.more) await sweep(db, before.pass ?? 0);\n',
		''
	),
	'tombstone-forgotten': plant(ARRIVALS, '	if (gone.length > 0) await db.records.bulkDelete(gone);\n', ''),
	'lost-audience-kept': plant(ARRIVALS, '		await dropLost(db, before.audiences, followed);\n', ''),
	'erased-kept-on-the-device': plant(
		ARRIVALS,
		'		if (forgotten.length > 0) await forget(db, forgotten);\n		const followed',
		'		const followed'
	),
	'repeat-merged-anew': plant(
		ARRIVALS,
		'		if (receipt.stored !== undefined && cursor && receipt.stored <= cursor.sequence) continue;\n',
		''
	),
	'sealed-outbox-cleared-unread': plant(
		'local/locked.ts',
		"if (!response.ok) return await left('refused');",
		"if (!response.ok) { await db.outbox.bulkDelete(batch.map(({ order }) => order)); return await left('refused'); }"
	),

	/* the server */
	'acknowledged-and-rolled-back': plant(
		'server/handlers/sync.ts',
		'				if (body.changes.length > 0) pushed = await push(app, trx, author, body.changes, standing);\n			});',
		`				if (body.changes.length > 0) pushed = await push(app, trx, author, body.changes, standing);
				if (body.changes.length > 2) throw new Error('the disk did not take it');
			}).catch((cause: Error) => { if (!cause.message.includes('disk')) throw cause; });`
	),
	'repeat-counted-twice': plant(
		PUSH,
		'		const known = this.#verdicts.get(change.id);\n',
		"		const known = undefined as { hash: string; verdict: Receipt['verdict']; stored?: number } | undefined;\n		if (this.#verdicts.has(change.id)) change.id = newId(this.app);\n"
	).concat({
		file: PUSH,
		find: "import { nowOf, type App } from './app';",
		replace: "import { newId, nowOf, type App } from './app';"
	}),
	'last-writer-wins': plant(
		'domain/merge.ts',
		'const kept = currentOf(fields, field).filter((current) => !seen.includes(current.change));',
		'const kept = currentOf(fields, field).filter((current) => !seen.includes(current.change) && person === current.person);'
	),
	'newest-clock-wins': plant(
		'domain/merge.ts',
		'merged[field] = before === -1 ? [...kept, ...own] : kept.toSpliced(before, 1, ...own);',
		'merged[field] = (before === -1 ? [...kept, ...own] : kept.toSpliced(before, 1, ...own)).toSorted((a, b) => (a.at < b.at ? 1 : -1));'
	),
	'late-change-resurrected': plant(
		PUSH,
		'			this.#aheads.push({ structure_id: this.author.structure, change_id: id, record_id: change.record, field });\n',
		''
	),
	'late-change-left-to-the-device': plant(PUSH, '			if (this.#late.has(id)) continue;\n', ''),
	'sequence-read-before-the-lock': [
		{
			file: 'server/handlers/sync.ts',
			find: '			await app.db.transaction().execute(async (trx) => {\n				if (body.erased)',
			replace: `			await app.db.selectFrom('structure').select(['sequence', 'epoch']).where('id', '=', structure).executeTakeFirstOrThrow()
				.then((read) => void Object.assign(author, { read })),
			await app.db.transaction().execute(async (trx) => {
				if (body.erased)`
		},
		{
			file: PUSH,
			find: 'const lock = await lockStructure(trx, structure);',
			replace: 'const lock = (author as { read?: { sequence: number } }).read ?? (await lockStructure(trx, structure));'
		}
	],
	'one-bad-change-blocks-its-batch': plant(
		PUSH,
		"			return this.#quarantine(parsed, raw, 'right.missing');",
		"			throw new Error('right.missing');"
	),
	'quarantine-not-kept': plant(PUSH, 'chunks([...this.#quarantined.values()])', "chunks([] as Schema['quarantine'][])"),
	'rights-not-judged': plant(
		PUSH,
		'if (this.judged && !mayWrite(this.author, change, record, interview))',
		'if (false as boolean)'
	),
	'erased-let-back-in': plant(
		PUSH,
		'if (this.#isErased(raw)) return',
		'if (this.#isErased(raw) && this.#erased.size > 1e9) return'
	),
	'tallies-never-taken-back': plant(PUSH, 'moves.push(...negate(taken), ...given)', 'moves.push(...given)'),
	'digest-never-taken-back': plant(
		PUSH,
		'				digests.set(before.audience, minus(digests.get(before.audience) ?? NO_ROWS, id, before.sequence));\n',
		''
	),
	'no-mark-where-a-record-left': plant(
		PUSH,
		'				if (before.audience !== audience)\n					marks.push(',
		'				if (before.audience !== audience && audience !== null)\n					marks.push('
	),
	'excerpts-left-behind-their-person': plant(PUSH, '	await session.settleExcerpts(trx);\n', ''),
	'excerpts-for-everybody': plant(
		'domain/kinds.ts',
		"return approved && quoteInForce(record, interview) !== 'none' ? EVERYBODY : `excerpts:${record.owner}`;",
		"return quoteInForce(record, interview) !== 'none' ? EVERYBODY : `excerpts:${record.owner}`;"
	),
	'gained-audience-not-filled': plant(
		'server/pull.ts',
		'.filter((audience) => !known.has(audience))',
		".filter((audience) => !known.has(audience) && audience === '')"
	),
	'backup-noted-before-it-is-made': plant(
		'server/backup.ts',
		"	const heads = await app.db.selectFrom('structure').select(['id', 'sequence']).execute();",
		"	const heads = (await app.db.selectFrom('structure').select(['id', 'sequence']).execute()).map((one) => ({ ...one, sequence: one.sequence + 5 }));"
	),
	'ledger-not-replayed': plant(
		'server/erasure.ts',
		'			if (left.length === 0) return;\n			await app.db.transaction()',
		'			if (left.length < 1e9) return;\n			await app.db.transaction()'
	),

	/* both */
	'migration-error-swallowed': [
		{
			file: 'local/database.ts',
			find: "chunks: '[about+hash+number]' });",
			replace: `chunks: '[about+hash+number]' });
	db.version(3).stores({}).upgrade(async (trx) => {
		const rows = await trx.table('outbox').toArray();
		await trx.table('outbox').clear();
		for (const row of rows.filter(({ kind }) => kind !== 'reading')) await trx.table('outbox').put({ ...row, upgraded: 3 });
	});`
		}
	]
};

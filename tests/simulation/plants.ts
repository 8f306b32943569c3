import type { Patch } from './bundle.ts';

/** The next version of the product, as far as the simulation needs one: another protocol, a kind this one does not know,
 * and a store that is brought up to date. */
export const NEXT: Patch[] = [
	{ file: 'domain/sync.ts', find: 'export const PROTOCOL = 3;', replace: 'export const PROTOCOL = 4;' },
	{
		file: 'domain/kinds/all.ts',
		find: 'export const KINDS = {',
		replace: `const ALL = { write: 'all', receive: 'all' };
const visit = {
	...{ fields: {}, families: {}, reserved: {}, place: 'nowhere', refusal: 'never', personal: 'nothing' },
	...{ isId: 'random', assigned: 'nobody' },
	rights: { counsellor: ALL, 'antenna-staff': ALL, director: ALL, network: { write: 'none', receive: 'none' } },
	audience: () => 'structure',
	contributions: () => []
};
export const KINDS = {
	visit,`
	},
	{
		file: 'local/database.ts',
		find: '	db.version(4).stores(',
		replace: `	db.version(5).stores({}).upgrade(async (trx) => {
		const rows = await trx.table('outbox').toArray();
		await trx.table('outbox').clear();
		for (const row of rows) await trx.table('outbox').put({ ...row, upgraded: 5 });
	});
	db.version(4).stores(`
	}
];

/** A bug planted on purpose: the simulation must find it. */
export type Plant = Patch[];
const plant = (file: string, find: string, replace: string): Plant => [{ file, find, replace }];

const ARRIVALS = 'local/arrivals.ts';
const WORKED_OUT = 'local/worked-out.ts';
const OUTBOX = 'local/outbox.ts';
const EXCHANGE = 'sync/exchange.ts';
const PUSH = 'server/exchange/push.ts';
const COMMIT = 'server/exchange/commit.ts';

export const PLANTS: { [name: string]: Plant } = {
	/* the device */
	'save-not-durable': plant(
		'local/database.ts',
		"super(name, { chromeTransactionDurability: 'strict' }); // a tablet may lose power at any moment",
		"super(name, { chromeTransactionDurability: 'relaxed' });"
	),
	'save-swallows-errors': plant(
		OUTBOX,
		'const orders = await db.outbox.bulkPut(rows, { allKeys: true });',
		'const orders = await db.outbox.bulkPut(rows, { allKeys: true }).catch(() => rows.map(() => 0));'
	),
	'edit-folded-into-what-is-on-its-way': plant(
		OUTBOX,
		"where('[record+state]').equals([records[0]!, 'open'])",
		"where('[record+state]').between([records[0]!, ''], [records[0]!, '\\uffff'])"
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
		WORKED_OUT,
		"	await db.outbox.where('order').between(first, last, true, true).delete();",
		`	const gone = await db.outbox.where('order').between(first, last, true, true).toArray();
	await db.outbox.filter(({ record }) => gone.some((one) => one.record === record)).delete();`
	),
	'outbox-cleared-whole': plant(
		WORKED_OUT,
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
		'if ((!answered.unreadable && !isLarge) || batch.length === 0) return answered.outcome;',
		'if (!answered.unreadable || batch.length === 0) { await db.outbox.bulkDelete(batch.map(({ order }) => order)); return answered.outcome; }'
	),
	'outbox-cleared-with-a-lost-right': plant(
		ARRIVALS,
		'		await dropLost(db, before.audiences, followed);',
		'		await dropLost(db, before.audiences, followed);\n		if (before.audiences.some((one) => !followed.includes(one))) await db.outbox.clear();'
	),
	'receipts-out-of-place': plant(
		WORKED_OUT,
		"const isTaken = (i: number) => ['applied', 'contested'].includes(reply.receipts[i]!.verdict);",
		"const isTaken = (_: number) => ['applied', 'contested'].includes(reply.receipts[0]!.verdict);"
	),
	'refused-thrown-away': plant(WORKED_OUT, '	await db.refused.bulkPut(refused);\n	// By change', '	// By change'),
	'sent-not-kept': plant(WORKED_OUT, '	if (sent) await db.sent.add(sent);\n', ''),
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
		WORKED_OUT,
		'		if (receipt.stored !== undefined && cursor && receipt.stored <= cursor.sequence) continue;\n',
		''
	),
	'sealed-outbox-cleared-unread': plant(
		'local/locked.ts',
		'			else return await left(reply);',
		"			else {\n				if (reply === 'refused') await db.outbox.bulkDelete(batch.map(({ order }) => order));\n				return await left(reply);\n			}"
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
		'		const known = this.#verdicts.get(parsed.change.id);\n',
		"		const known = undefined as { hash: string; verdict: Receipt['verdict']; stored?: number } | undefined;\n		if (this.#verdicts.has(parsed.change.id)) parsed.change.id = newId(this.app);\n"
	).concat({
		file: PUSH,
		find: "import { nowOf, type App } from '../app';",
		replace: "import { newId, nowOf, type App } from '../app';"
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
		'if (this.judged && !mayWrite(this.author, change, record, { interview }))',
		'if (false as boolean)'
	),
	'erased-let-back-in': plant(
		PUSH,
		'if (this.#isErased(raw)) return',
		'if (this.#isErased(raw) && this.#erased.size > 1e9) return'
	),
	'tallies-never-taken-back': plant(COMMIT, 'push(...negate(taken), ...given)', 'push(...given)'),
	'digest-never-taken-back': plant(COMMIT, '			this.#take(before.audience, id, before.sequence);\n', ''),
	'no-mark-where-a-record-left': plant(
		COMMIT,
		'			if (before.audience !== audience) this.#mark(before.audience, id, as);',
		'			if (before.audience !== audience && audience !== null) this.#mark(before.audience, id, as);'
	),
	'excerpts-left-behind-their-person': plant(PUSH, '	await session.takeExcerptsAlong(trx);\n', ''),
	'excerpts-for-everybody': plant(
		'domain/kinds/excerpt.ts',
		'audience: ({ owner }: Subject): string => own(owner),',
		"audience: (): string => 'structure',"
	),
	'a-quote-outlives-its-approval': plant(
		'server/exchange/quotes.ts',
		'if (quote && wanted && row.approval === approval) {',
		'if (quote && (wanted || !commit)) {'
	),
	'a-yes-undoes-a-withdrawal': plant(
		'domain/consent.ts',
		'	if (!withdrawals.every(({ change }) => answers.includes(change))) return false;\n',
		'	if (answers.length === 0) return true;\n'
	),
	'gained-audience-not-filled': plant(
		'server/exchange/pull.ts',
		'.filter((audience) => !known.has(audience))',
		".filter((audience) => !known.has(audience) && audience === '')"
	),
	'backup-noted-before-it-is-made': plant(
		'server/keeping/backup.ts',
		"	const heads = await app.db.selectFrom('structure').select(['id', 'sequence']).execute();",
		"	const heads = (await app.db.selectFrom('structure').select(['id', 'sequence']).execute()).map((one) => ({ ...one, sequence: one.sequence + 5 }));"
	),
	'ledger-not-replayed': plant(
		'server/keeping/erasure.ts',
		'			if (left.length === 0) return;\n			await app.db.transaction()',
		'			if (left.length < 1e9) return;\n			await app.db.transaction()'
	),

	/* here */
	'kept-on-whoever-is-open': [
		{
			file: 'here/stay.ts',
			find: '		const kept = await renew(this.device, holderKey(this.#session), news);\n',
			replace: `		const open = (await currentHolder(this.device))!;
		const kept = { session: { ...this.#session, ...news }, locks: open.locks };
		await remember(this.device, kept.session, open.locks!, isoAt(this.platform));
`
		},
		{
			file: 'here/stay.ts',
			find: "import { holderKey, remember, renew, type News } from '../local/holders';",
			replace: "import { currentHolder, remember, type News } from '../local/holders';"
		}
	],

	/* both */
	'migration-error-swallowed': [
		{
			file: 'local/database.ts',
			find: '	db.version(4).stores(',
			replace: `	db.version(5).stores({}).upgrade(async (trx) => {
		const rows = await trx.table('outbox').toArray();
		await trx.table('outbox').clear();
		for (const row of rows.filter(({ kind }) => kind !== 'reading')) await trx.table('outbox').put({ ...row, upgraded: 5 });
	});
	db.version(4).stores(`
		}
	]
};

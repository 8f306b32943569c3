import { sql, type CreateTableBuilder, type Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

/** Forward only. A shipped migration is history: add the next one below, never edit one. */
export const migrations: Record<string, Migration> = {
	'0001-foundation': {
		async up(db: Kysely<unknown>) {
			const table = (name: string, text: string[], whole: string[], optional: string[], key: string[]) => {
				let builder = db.schema.createTable(name);
				for (const column of text) builder = builder.addColumn(column, 'text', (c) => c.notNull());
				for (const column of whole) builder = builder.addColumn(column, 'bigint', (c) => c.notNull());
				for (const column of optional) builder = builder.addColumn(column, 'text');
				return builder.addPrimaryKeyConstraint(`${name}_key`, key as never[]);
			};
			const inStructure = ['structure_id'];

			await table('structure', ['id', 'epoch', 'created_at'], ['sequence', 'fictitious'], ['backup_at'], ['id'])
				.addColumn('backup_sequence', 'bigint')
				.execute();
			const person = ['structure_id', 'id', 'name', 'name_key', 'grants', 'created_at'];
			await table('person', person, [], ['passphrase', 'left_at'], ['structure_id', 'id'])
				.addForeignKeyConstraint('person_structure', ['structure_id'] as never[], 'structure', ['id'])
				.execute();
			await db.schema.createIndex('person_name').on('person').columns(['structure_id', 'name_key']).unique().execute();

			const device = [...inStructure, 'id', 'person_id', 'name', 'created_at', 'seen_at'];
			await table('device', device, [], [], ['structure_id', 'id', 'person_id']).execute();
			const invitation = [...inStructure, 'code_hash', 'person_id', 'expires_at'];
			await table('invitation', invitation, [], ['used_at'], ['structure_id', 'code_hash']).execute();
			const session = [...inStructure, 'token_hash', 'person_id', 'device_id', 'created_at', 'seen_at', 'expires_at'];
			await table('session', session, [], [], ['structure_id', 'token_hash']).execute();
			await table('throttle', [...inStructure, 'key', 'until'], ['failures'], [], ['structure_id', 'key']).execute();

			const record = [...inStructure, 'id', 'kind', 'owner', 'fields'];
			await table('record', record, ['sequence'], ['about', 'audience'], ['structure_id', 'id']).execute();
			await db.schema
				.createIndex('record_page')
				.on('record')
				.columns(['structure_id', 'audience', 'sequence'])
				.execute();
			await sql`create index record_about on record (structure_id, about) where about is not null`.execute(db);
			await sql`create index record_antenna on record (structure_id, kind) where kind in ('antenna', 'campaign', 'framework')`.execute(
				db
			);

			const change = [
				'id',
				'hash',
				'record_id',
				'kind',
				'fields',
				'seen',
				'at',
				'person_id',
				'device_id',
				'verdict',
				'received_at'
			];
			await table('change', [...inStructure, ...change], ['sequence'], ['about'], ['structure_id', 'id']).execute();
			await db.schema.createIndex('change_record').on('change').columns(['structure_id', 'record_id']).execute();
			const ahead = [...inStructure, 'change_id', 'record_id', 'field'];
			await table('named_ahead', ahead, [], [], ['structure_id', 'change_id', 'field']).execute();
			const quarantine = ['hash', 'change_id', 'raw', 'problem', 'fields', 'person_id', 'device_id', 'received_at'];
			await table('quarantine', [...inStructure, ...quarantine], [], [], ['structure_id', 'hash']).execute();
			await db.schema
				.createIndex('quarantine_change')
				.on('quarantine')
				.columns(['structure_id', 'change_id'])
				.execute();

			const mark = [...inStructure, 'audience', 'record_id'];
			await table('mark', mark, ['sequence'], [], ['structure_id', 'audience', 'record_id']).execute();
			await db.schema.createIndex('mark_page').on('mark').columns(['structure_id', 'audience', 'sequence']).execute();
			await table('audience', [...inStructure, 'name'], ['count', 'sum'], [], ['structure_id', 'name']).execute();
			await table(
				'commit_mark',
				[...inStructure, 'mark', 'at'],
				['sequence'],
				[],
				['structure_id', 'sequence']
			).execute();

			const tally = [...inStructure, 'campaign', 'measure', 'subject', 'stakeholder', 'place', 'period', 'detail'];
			await table('tally', tally, ['count', 'amount', 'base'], [], tally).execute();
			const released = [...inStructure, 'campaign'];
			await table('released', [...released, 'answers'], ['k', 'sequence'], [], [...released, 'k']).execute();
			await table('setting', [...inStructure, 'name', 'value'], [], [], ['structure_id', 'name']).execute();
			// The row that founding takes as its lock: two set-ups at once must not make two structures.
			await sql`insert into setting (structure_id, name, value) values ('', 'founding', '')`.execute(db);
		}
	},
	'0002-people': {
		async up(db: Kysely<unknown>) {
			const add = (table: string, column: string, type: 'text' | 'bigint' = 'text', fallback?: string | number) =>
				db.schema
					.alterTable(table)
					.addColumn(column, type, (c) => (fallback === undefined ? c : c.notNull().defaultTo(fallback)))
					.execute();
			await add('structure', 'public_key');
			await add('structure', 'private_key');
			await add('device', 'revoked_at');
			await add('device', 'wiped_at');
			await add('session', 'key_hash', 'text', '');
			await add('session', 'revoked_at');
			await add('mark', 'erased', 'bigint', 0);
			// A session of before has no half in a vault: everyone signs in once again.
			await sql`delete from session`.execute(db);

			const table = (name: string, text: string[], whole: string[], optional: string[], key: string[]) => {
				let builder = db.schema.createTable(name);
				for (const column of ['structure_id', ...text]) builder = builder.addColumn(column, 'text', (c) => c.notNull());
				for (const column of whole) builder = builder.addColumn(column, 'bigint', (c) => c.notNull());
				for (const column of optional) builder = builder.addColumn(column, 'text');
				return builder.addPrimaryKeyConstraint(`${name}_key`, ['structure_id', ...key] as never[]).execute();
			};
			await table('vault_key', ['id', 'person_id', 'device_id', 'wrap', 'created_at'], [], [], ['id']);
			await table(
				'factor',
				['id', 'person_id', 'kind', 'name', 'secret', 'created_at'],
				['counter'],
				['used_at'],
				['id']
			);
			await table('recovery_code', ['code_hash', 'person_id'], [], [], ['code_hash']);
			await table('pending', ['id', 'person_id', 'purpose', 'value', 'expires_at'], [], [], ['id']);
			await table('erased', ['id', 'at'], [], [], ['id']);
			await table('receipt', ['code_hash', 'record_id'], [], [], ['code_hash']);
			await table(
				'journal',
				['at', 'act', 'person_id', 'device_id', 'subject', 'mac'],
				['number', 'count'],
				[],
				['number']
			);
			await db.schema.createIndex('receipt_record').on('receipt').columns(['structure_id', 'record_id']).execute();
			await db.schema.createIndex('factor_person').on('factor').columns(['structure_id', 'person_id']).execute();
		}
	},
	'0003-proof': {
		async up(db: Kysely<unknown>) {
			for (const column of ['decision', 'decided_at', 'decided_by', 'reason'])
				await db.schema.alterTable('quarantine').addColumn(column, 'text').execute();
			await db.schema
				.createIndex('quarantine_device')
				.on('quarantine')
				.columns(['structure_id', 'person_id', 'device_id'])
				.execute();
			for (const column of ['signing_key', 'signing_secret'])
				await db.schema.alterTable('structure').addColumn(column, 'text').execute();
			const text = (builder: CreateTableBuilder<string, string>, columns: string[]) =>
				columns.reduce((table, column) => table.addColumn(column, 'text', (c) => c.notNull()), builder);
			await text(db.schema.createTable('media'), ['structure_id', 'record_id', 'hash', 'type', 'created_at'])
				.addColumn('size', 'bigint', (c) => c.notNull())
				.addColumn('received', 'bigint', (c) => c.notNull())
				.addColumn('completed_at', 'text')
				.addPrimaryKeyConstraint('media_key', ['structure_id', 'record_id', 'hash'])
				.execute();
			await text(db.schema.createTable('media_part'), ['structure_id', 'record_id', 'hash', 'content'])
				.addColumn('start', 'bigint', (c) => c.notNull())
				.addPrimaryKeyConstraint('media_part_key', ['structure_id', 'record_id', 'hash', 'start'])
				.execute();
		}
	},
	'0004-doors': {
		async up(db: Kysely<unknown>) {
			await db.schema.alterTable('device').addColumn('mark_hash', 'text').execute();
			await db.schema.alterTable('invitation').addColumn('used_on', 'text').execute();
		}
	},
	'0005-quotes': {
		async up(db: Kysely<unknown>) {
			await db.schema
				.createTable('quote')
				.addColumn('structure_id', 'text', (c) => c.notNull())
				.addColumn('quote_id', 'text', (c) => c.notNull())
				.addColumn('excerpt_id', 'text', (c) => c.notNull())
				.addColumn('approval', 'text', (c) => c.notNull())
				.addPrimaryKeyConstraint('quote_key', ['structure_id', 'quote_id'])
				.execute();
			await db.schema
				.createIndex('quote_excerpt')
				.on('quote')
				.columns(['structure_id', 'excerpt_id'])
				.unique()
				.execute();
			await db.schema.dropTable('released').execute();
		}
	},
	'0006-quotas': {
		async up(db: Kysely<unknown>) {
			for (const column of ['number', 'bytes'])
				await db.schema
					.alterTable('quarantine')
					.addColumn(column, 'bigint', (c) => c.notNull().defaultTo(0))
					.execute();
			await sql`update quarantine set bytes = octet_length(raw), number = came.number from (
				select structure_id, hash, row_number() over (partition by structure_id order by received_at, hash) as number
				from quarantine
			) as came where came.structure_id = quarantine.structure_id and came.hash = quarantine.hash`.execute(db);
			// What is counted and what is put in order is read from these alone: a row's content lies before its other columns.
			await sql`create index quarantine_person on quarantine
				(structure_id, person_id, device_id, decision, decided_at, bytes)`.execute(db);
			await sql`create index quarantine_waiting on quarantine (structure_id, number, hash, person_id, device_id)
				where decision is null`.execute(db);
			await sql`create index quarantine_decided on quarantine (structure_id, decided_at, hash)
				where decision is not null`.execute(db);
			await db.schema.dropIndex('quarantine_device').execute();
			await db.schema.createIndex('media_created').on('media').columns(['structure_id', 'created_at']).execute();
		}
	},
	'0007-namesakes': {
		async up(db: Kysely<unknown>) {
			await db.schema.dropIndex('person_name').execute();
			await db.schema.createIndex('person_name').on('person').columns(['structure_id', 'name_key']).execute();
		}
	},
	'0008-lookups': {
		async up(db: Kysely<unknown>) {
			// The change that creates a record has its id, by which it is found already.
			await db.schema.dropIndex('change_record').execute();
			await sql`create index change_record on change (structure_id, record_id) where record_id <> id`.execute(db);
		}
	}
};

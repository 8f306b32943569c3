import type { Generated } from 'kysely';

/** Columns are text and whole numbers only, so that SQLite and PostgreSQL hold the same rows. `structure_id` leads every
 * key: a distributed PostgreSQL can place a structure's rows together. Times are ISO text, JSON is text. */
export interface Schema {
	structure: {
		id: string;
		epoch: string;
		sequence: number; // of the last record or mark written; updating this row is the structure's write lock
		fictitious: number;
		created_at: string;
		backup_sequence: number | null;
		backup_at: string | null;
	};
	person: {
		structure_id: string;
		id: string;
		name: string;
		name_key: string; // folded, unique in the structure
		grants: string;
		passphrase: string | null; // Argon2id, with its parameters; none until enrolled
		left_at: string | null;
		created_at: string;
	};
	device: {
		structure_id: string;
		id: string;
		person_id: string;
		name: string;
		created_at: string;
		seen_at: string;
	};
	invitation: {
		structure_id: string;
		code_hash: string;
		person_id: string;
		expires_at: string;
		used_at: string | null;
	};
	session: {
		structure_id: string;
		token_hash: string;
		person_id: string;
		device_id: string;
		created_at: string;
		seen_at: string;
		expires_at: string;
	};
	throttle: {
		structure_id: string;
		key: string;
		failures: number;
		until: string;
	};
	record: {
		structure_id: string;
		id: string;
		kind: string;
		owner: string;
		about: string | null;
		audience: string | null; // none: gone
		sequence: number;
		fields: string;
	};
	change: {
		structure_id: string;
		id: string;
		hash: string;
		record_id: string;
		kind: string;
		about: string | null;
		fields: string;
		seen: string;
		at: string;
		person_id: string;
		device_id: string;
		sequence: number;
		verdict: string;
		received_at: string;
	};
	/** Changes named as seen by a stored change before they came themselves. */
	named_ahead: { structure_id: string; change_id: string; record_id: string; field: string };
	quarantine: {
		structure_id: string;
		hash: string;
		change_id: string;
		raw: string;
		problem: string;
		fields: string;
		person_id: string;
		device_id: string;
		received_at: string;
	};
	mark: { structure_id: string; audience: string; record_id: string; sequence: number };
	audience: { structure_id: string; name: string; count: number; sum: number };
	commit_mark: { structure_id: string; sequence: number; mark: string; at: string };
	tally: {
		structure_id: string;
		campaign: string;
		measure: string;
		subject: string;
		stakeholder: string;
		place: string;
		period: string;
		detail: string;
		count: number;
		amount: number;
		base: number;
	};
	released: { structure_id: string; campaign: string; k: number; sequence: number; answers: string };
	setting: { structure_id: string; name: string; value: Generated<string> };
}

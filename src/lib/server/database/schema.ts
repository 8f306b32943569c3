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
		public_key: string | null; // what the vaults of its devices are also wrapped to
		private_key: string | null; // sealed with the server's secret
		signing_key: string | null; // by which its devices know a receipt brought without a network
		signing_secret: string | null; // sealed with the server's secret
	};
	person: {
		structure_id: string;
		id: string;
		name: string;
		name_key: string; // folded; two whom an earlier version told apart may share it
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
		revoked_at: string | null;
		wiped_at: string | null; // when the device said that it had deleted what it held
		mark_hash: string | null; // of the cookie by which it shows that it is itself; none where nobody came in since there are marks
	};
	/** The data key of a device's vault, wrapped to the structure's public key. */
	vault_key: {
		structure_id: string;
		id: string;
		person_id: string;
		device_id: string;
		wrap: string;
		created_at: string;
	};
	factor: {
		structure_id: string;
		id: string; // a passkey's credential id
		person_id: string;
		kind: string;
		name: string;
		secret: string; // sealed with the server's secret
		counter: number; // of the passkey's signatures, or of the last six digits used: none serves twice
		created_at: string;
		used_at: string | null;
	};
	recovery_code: { structure_id: string; code_hash: string; person_id: string };
	/** Something half done: a sign-in whose second factor is awaited, a factor being added. */
	pending: {
		structure_id: string;
		id: string;
		person_id: string;
		purpose: string;
		value: string;
		expires_at: string;
	};
	invitation: {
		structure_id: string;
		code_hash: string;
		person_id: string;
		expires_at: string;
		used_at: string | null;
		used_on: string | null; // the device it was used on, which may ask again when the answer was lost
	};
	session: {
		structure_id: string;
		token_hash: string;
		person_id: string;
		device_id: string;
		created_at: string;
		seen_at: string;
		expires_at: string;
		key_hash: string; // of the half that only the device's vault holds
		revoked_at: string | null; // kept until it expires, so that the device learns it
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
		decision: string | null; // of the office: released, set-aside
		decided_at: string | null;
		decided_by: string | null;
		reason: string | null;
		number: Generated<number>; // in the order they came
		bytes: Generated<number>; // that it takes
	};
	/** A recording or a picture of an interview, and its content in pieces: base64, which both databases hold as text. */
	media: {
		structure_id: string;
		record_id: string;
		hash: string;
		type: string;
		size: number;
		received: number;
		created_at: string;
		completed_at: string | null;
	};
	media_part: { structure_id: string; record_id: string; hash: string; start: number; content: string };
	mark: { structure_id: string; audience: string; record_id: string; sequence: number; erased: number };
	/** Ids of what was erased: nothing else is left of it. */
	erased: { structure_id: string; id: string; at: string };
	/** Which interview a receipt code opens. */
	receipt: { structure_id: string; code_hash: string; record_id: string };
	journal: {
		structure_id: string;
		number: number;
		at: string;
		act: string;
		person_id: string;
		device_id: string;
		subject: string;
		count: number;
		mac: string; // over this line and the one before, with the server's secret
	};
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
	quote: { structure_id: string; quote_id: string; excerpt_id: string; approval: string }; // where each quote comes from
	setting: { structure_id: string; name: string; value: Generated<string> };
}

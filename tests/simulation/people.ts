// What people do in the app.
import type { Device, Form, Tab } from './device.ts';
import { Violation } from './model.ts';
import type { World } from './world.ts';

/** Somebody does something in a window of the app. */
export function work(world: World, device: Device): void {
	const tab = device.tabs.length > 0 ? world.random.pick(device.tabs) : device.open();
	if (tab.busy) return;
	tab.busy = true;
	const work = drawWork(world, tab);
	world.scheduler.enqueue(tab.process, () => {
		void work().then(
			() => (tab.busy = false),
			(cause: unknown) => {
				tab.busy = false;
				if (cause instanceof Violation) world.failed ??= cause;
			}
		);
	});
}

function drawWork(world: World, tab: Tab): () => Promise<void> {
	const { random } = world;
	const { device } = tab;
	const role = world.model.grants.get(device.person)![0]!.role;
	const draw = random.next();
	const words = `parole ${++world.minted}`;
	if (draw < 0.16) return () => begin(world, tab, words);
	if (draw < 0.5) return () => typeInto(world, tab, words);
	if (draw < 0.58) return () => addExcerpt(world, tab, words);
	if (draw < 0.74) return () => enterFigure(world, tab, ++world.minted);
	if (draw < 0.77) return () => deleteOne(world, tab);
	if (draw < 0.82) return () => recordVoice(world, tab);
	if (draw < 0.84 && device.tablet.version === 'next') return () => writeOfTheNextVersion(world, tab, words);
	if (role === 'director' && draw < 0.92) return () => approve(world, tab);
	return () => Promise.resolve(tab.stay.wake());
}

export async function begin(world: World, tab: Tab, note: string): Promise<void> {
	const grant = world.model.grants.get(tab.device.person)![0]!;
	const antenna = grant.antennas[0] ?? world.template.antennas[0]!;
	const form: Form = { record: world.random.uuid(), kind: 'interview', fields: {} };
	const { campaign } = world.template;
	await saveForm(
		world,
		tab,
		form,
		{
			campaign,
			stakeholder: 'employee',
			antenna,
			state: 'draft',
			note,
			'consent:usage-evaluation': { answer: 'yes', use: 'evaluation' },
			'consent:citation-anonyme': { answer: 'yes', use: 'quotation' },
			'consent:enregistrement-voix': { answer: 'yes', use: 'voice' }
		},
		true
	);
	tab.forms.push(form);
	world.interviews.push(form.record);
}

/** What the form stands on is named as seen, and the form goes on from what was saved. */
export async function saveForm(
	world: World,
	tab: Tab,
	form: Form,
	fields: { [field: string]: unknown },
	creates = false
): Promise<void> {
	const { device } = tab;
	const { record, kind, about } = form;
	world.model.forms.set(record, (world.model.forms.get(record) ?? new Set()).add(form));
	const id = creates ? record : world.random.uuid();
	const edit = { id, kind, record, about, fields, before: form.fields };
	world.model.attempt(tab, id, edit);
	world.note('types', device.name, kind, record, Object.keys(fields));
	try {
		form.fields = await tab.stay.save(edit);
	} catch {
		return; // said as « pas enregistré »: the words are still on the screen
	}
	// All that stood there was on the screen: what stands now is the change that took the edit in.
	const [kept] = Object.keys(fields).map((field) => form.fields[field]![0]!.change);
	world.model.confirm(tab, id, kept!, edit);
}

/** Opens a form, or goes on in one that has been open for a while. */
export async function openForm(world: World, tab: Tab, kind: string): Promise<Form | undefined> {
	const { random } = world;
	const { lib, person } = tab.device;
	const open = tab.forms.filter((form) => form.kind === kind);
	if (open.length > 0 && random.chance(0.5)) return random.pick(open);
	const own = (await lib.listViews(tab.db, person, kind)).filter(({ owner }) => kind === 'reading' || owner === person);
	if (own.length === 0) return undefined;
	const { id, about, fields } = random.pick(own);
	const form = { record: id, kind, about, fields };
	tab.forms.push(form);
	return form;
}

async function typeInto(world: World, tab: Tab, words: string): Promise<void> {
	const form = await openForm(world, tab, 'interview');
	if (!form) return;
	const { random } = world;
	const field = random.pick(['note', 'label', 'answer:q1', 'answer:q2', 'state', 'consent:citation-anonyme']);
	const value = field.startsWith('answer:')
		? { words }
		: field === 'state'
			? 'finished'
			: field.startsWith('consent:')
				? { answer: random.pick(['yes', 'no']), use: 'quotation' }
				: words;
	await saveForm(world, tab, form, { [field]: value });
	if (random.chance(0.3))
		await saveForm(world, tab, form, { [field]: field.startsWith('answer:') ? { words: `${words} bis` } : value });
}

export async function addExcerpt(world: World, tab: Tab, words: string): Promise<void> {
	const form = await openForm(world, tab, 'interview');
	if (!form) return;
	const { campaign, antennas } = world.template;
	const made: Form = { record: world.random.uuid(), kind: 'excerpt', about: form.record, fields: {} };
	const passage = { question: 'q1', from: 0, to: words.length, words };
	await saveForm(
		world,
		tab,
		made,
		{
			campaign,
			stakeholder: 'employee',
			antenna: form.fields.antenna?.[0]?.value ?? antennas[0]!,
			passage,
			criterion: 'c1',
			valence: 'added',
			quote: 'anonymous'
		},
		true
	);
}

async function enterFigure(world: World, tab: Tab, amount: number): Promise<void> {
	const { random, template } = world;
	const grant = world.model.grants.get(tab.device.person)![0]!;
	const place = random.chance(0.9)
		? (grant.antennas[0] ?? random.pick(template.antennas))
		: random.pick(template.antennas);
	const { lib, person } = tab.device;
	const record = lib.readingId({
		campaign: template.campaign,
		place,
		period: `2014-0${1 + random.below(3)}`,
		indicator: 'heures'
	});
	const known = tab.forms.find((form) => form.record === record);
	const form =
		known && random.chance(0.5)
			? known
			: { record, kind: 'reading', fields: (await lib.findView(tab.db, person, record))?.fields ?? {} };
	if (form !== known) tab.forms.push(form);
	await saveForm(world, tab, form, { value: { amount } });
}

async function deleteOne(world: World, tab: Tab): Promise<void> {
	const form = await openForm(world, tab, world.random.pick(['interview', 'excerpt']));
	if (form) await saveForm(world, tab, form, { deleted: tab.device.lib.deletionOf(form.fields) });
}

/** A recording: its bytes first, then the word of it; sometimes somebody is killed between the two. */
export async function recordVoice(world: World, tab: Tab): Promise<void> {
	const form = await openForm(world, tab, 'interview');
	if (!form) return;
	const { lib } = tab.device;
	const content = Uint8Array.from([0x1a, 0x45, 0xdf, 0xa3, ...world.random.bytes(20 + world.random.below(120))]);
	try {
		const media = await lib.keepMedia(tab.db, form.record, content, { at: tab.device.at() });
		world.recordings.set(media.hash, { device: tab.device, about: form.record, content });
		await saveForm(world, tab, form, { [lib.mediaField(media.hash)]: media });
	} catch {
		return; // no room: said so, and the words are kept apart
	}
}

/** What only the next version of the app knows. */
async function writeOfTheNextVersion(world: World, tab: Tab, words: string): Promise<void> {
	await saveForm(world, tab, { record: world.random.uuid(), kind: 'visit', fields: {} }, { title: words }, true);
}

async function approve(world: World, tab: Tab): Promise<void> {
	const { lib, person } = tab.device;
	const views = await lib.listViews(tab.db, person, 'excerpt');
	if (views.length === 0) return;
	const { id, about, fields } = world.random.pick(views);
	await saveForm(
		world,
		tab,
		{ record: id, kind: 'excerpt', about, fields },
		{ approval: lib.approvalOf(fields, world.random.pick(['approved', 'approved', 'set-aside'])) }
	);
}

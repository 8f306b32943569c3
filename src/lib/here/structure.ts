import { byNearness } from '$lib/domain/campaign';
import type { Framework } from '$lib/domain/framework-shapes';
import type { Answer, InterviewState } from '$lib/domain/interview-shapes';
import type { Stakeholder } from '$lib/domain/framework-shapes';
import { valueOf } from '$lib/domain/kinds/values';
import { findView, listViews, read, type View } from '$lib/local/views';
import { antennasIn, type Antenna } from '$lib/local/antennas';
import { here } from './here.svelte';
import { platform } from './platform';

/** What pages read of the structure, typed: one function per thing they ask. */
export type Campaign = {
	id: string;
	title: string;
	from: string;
	to: string;
	framework: string;
	criteria: string[];
	antennas: string[];
	state: 'preparing' | 'open' | 'closed';
	view: View;
};
export type Interview = {
	id: string;
	campaign: string;
	framework: string;
	stakeholder: Stakeholder;
	antenna: string;
	on: string;
	label: string;
	criteria: string[];
	state: (typeof InterviewState.options)[number];
	view: View;
};

/** Where this device is. */
const thisMonth = (): string => {
	const now = new Date(platform.now());
	return `${now.getFullYear()}-${String(now.getMonth() + 1).padStart(2, '0')}`;
};

export const listAntennas = (): Promise<Antenna[]> => antennasIn(here.db, here.person);

/** Today's first, then the newest. */
export async function listCampaigns(): Promise<Campaign[]> {
	const views = await listViews(here.db, here.person, 'campaign');
	return views
		.map((view) => ({
			id: view.id,
			title: '',
			from: '',
			to: '',
			framework: '',
			criteria: [],
			antennas: [],
			state: 'preparing' as const,
			...read('campaign', view),
			view
		}))
		.sort(byNearness(thisMonth()));
}

export async function findFramework(id: string): Promise<Framework | undefined> {
	const view = await findView(here.db, here.person, id);
	return view && valueOf('framework', view.fields, 'definition');
}

/** What stands for what an interview has not said. */
export const UNSAID: Omit<Interview, 'id' | 'view'> = {
	campaign: '',
	framework: '',
	stakeholder: 'employee',
	antenna: '',
	on: '',
	label: '',
	criteria: [],
	state: 'draft'
};

export const interviewOf = (view: View): Interview => ({
	...UNSAID,
	...read('interview', view),
	id: view.id,
	view
});

export const answerOf = (view: View, question: string): Answer | undefined =>
	valueOf('interview', view.fields, `answer:${question}`);

import type { Framework } from '$lib/domain/framework';
import type { Answer, InterviewState } from '$lib/domain/interview';
import type { Stakeholder } from '$lib/domain/framework';
import { inUse } from '$lib/domain/record';
import { findView, listViews, read, type View } from '$lib/local/views';
import { here } from './here.svelte';

/** What pages read of the structure, typed: one function per thing they ask. */
export type Antenna = { id: string; name: string };
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

export async function listAntennas(): Promise<Antenna[]> {
	const views = await listViews(here.db, here.person, 'antenna');
	return views
		.map((view) => ({ id: view.id, ...read<{ name: string; order: number }>(view) }))
		.sort((a, b) => (a.order ?? 0) - (b.order ?? 0))
		.map(({ id, name = '' }) => ({ id, name }));
}

/** Newest first. */
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
			...read<Campaign>(view),
			view
		}))
		.sort((a, b) => b.to.localeCompare(a.to));
}

export async function findFramework(id: string): Promise<Framework | undefined> {
	const view = await findView(here.db, here.person, id);
	return view && (inUse(view.fields, 'definition') as Framework);
}

/** This person's own interviews, newest first. */
export async function listInterviews(): Promise<Interview[]> {
	const views = await listViews(here.db, here.person, 'interview');
	return views
		.filter(({ owner }) => owner === here.person)
		.map(interviewOf)
		.sort((a, b) => b.on.localeCompare(a.on) || b.view.sequence - a.view.sequence);
}

export const interviewOf = (view: View): Interview => ({
	id: view.id,
	campaign: '',
	framework: '',
	stakeholder: 'employee',
	antenna: '',
	on: '',
	label: '',
	criteria: [],
	state: 'draft',
	...read<Interview>(view),
	view
});

export const answerOf = (view: View, question: string): Answer | undefined =>
	inUse(view.fields, `answer:${question}`) as Answer | undefined;

import type { Stakeholder } from '$lib/domain/framework';
import { here } from '../../here.svelte';
import type { Interview } from '../../structure';

/** How often each criterion has been heard from a stakeholder: by the last sheets this device received where it has some,
 * and by the interviews it holds itself, whichever knows more. */
export async function lastCoverage(
	campaign: string,
	stakeholder: Stakeholder | undefined,
	own: readonly Interview[]
): Promise<Map<string, number>> {
	const heard = new Map<string, number>();
	for (const interview of own) {
		if (interview.campaign !== campaign || interview.stakeholder !== stakeholder || interview.state === 'refused')
			continue;
		for (const criterion of interview.criteria) heard.set(criterion, (heard.get(criterion) ?? 0) + 1);
	}
	const kept = await here.db.readSealed<{ sheets: unknown }>(`sheets:${campaign}`);
	if (!kept) return heard;
	const { Sheets } = await import('$lib/domain/sheet');
	const sheets = Sheets.safeParse(kept.sheets);
	if (!sheets.success) return heard;
	for (const sheet of sheets.data.sheets) {
		const people = sheet.heard
			.filter((one) => one.stakeholder === stakeholder)
			.reduce((sum, one) => sum + one.people, 0);
		heard.set(sheet.criterion, Math.max(heard.get(sheet.criterion) ?? 0, people));
	}
	return heard;
}

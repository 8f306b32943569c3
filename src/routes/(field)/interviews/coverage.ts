import type { Stakeholder } from '$lib/domain/framework-shapes';
import type { Sheets } from '$lib/domain/sheet';
import { here } from '$lib/here/here.svelte';
import type { ListedInterview } from '$lib/here/listed';

/** How often each criterion has been heard from a stakeholder: by the last sheets this device received where it has some,
 * and by the interviews it holds itself, whichever knows more. */
export async function lastCoverage(
	campaign: string,
	stakeholder: Stakeholder | undefined,
	own: readonly ListedInterview[]
): Promise<Map<string, number>> {
	const heard = new Map<string, number>();
	for (const interview of own) {
		if (interview.campaign !== campaign || interview.stakeholder !== stakeholder || interview.state === 'refused')
			continue;
		for (const criterion of interview.criteria) heard.set(criterion, (heard.get(criterion) ?? 0) + 1);
	}
	// Read without its schema, which would weigh more than the interview's own page: what the vault opens is what this app
	// parsed and sealed, and a list of another shape, an older version's, counts nothing.
	const kept = await here.db.readSealed<{ sheets?: Partial<Sheets> }>(`sheets:${campaign}`);
	for (const sheet of kept?.sheets?.sheets ?? []) {
		const people = (sheet.heard ?? [])
			.filter((one) => one.stakeholder === stakeholder)
			.reduce((sum, one) => sum + (one.people ?? 0), 0);
		heard.set(sheet.criterion, Math.max(heard.get(sheet.criterion) ?? 0, people));
	}
	return heard;
}

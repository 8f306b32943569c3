import Check from '@lucide/svelte/icons/check';
import Minus from '@lucide/svelte/icons/minus';
import Pencil from '@lucide/svelte/icons/pencil';
import TriangleAlert from '@lucide/svelte/icons/triangle-alert';
import type { JudgementStage } from '$lib/domain/judgement';
import type { Icon } from '$lib/ui/icon';
import type { Tone } from '$lib/ui/tone';
import { m } from '$lib/words/generated/messages';

type Sign = { icon: Icon; tone: Tone };
const SIGNS: { [stage in JudgementStage]: Sign } = {
	'to-write': { icon: Minus, tone: 'neutral' },
	'under-way': { icon: Pencil, tone: 'neutral' },
	finished: { icon: Check, tone: 'ok' },
	again: { icon: TriangleAlert, tone: 'alert' }
};

/** How the stage of a judgement is shown.
 * @param who by whom it was written, where that is said */
export function stageTag(stage: JudgementStage, who = ''): Sign & { text: string } {
	const text = {
		'to-write': m.judgement_to_write(),
		'under-way': who ? m.judgement_under_way_by({ who }) : m.judgement_under_way(),
		finished: who ? m.judgement_finished_by({ who }) : m.judgement_finished(),
		again: m.judgement_again()
	}[stage];
	return { ...SIGNS[stage], text };
}

import { m } from '$lib/words/generated/messages';

/** A testimony is read by the person who gave it, or by a director: the same page, said to one or about the other. */
export type Voice = 'own' | 'office';

export const VOICES = {
	own: {
		with: m.testimony_own_with,
		said: m.testimony_own_said,
		agreed: m.testimony_own_agreed,
		yes: m.testimony_own_yes,
		no: m.testimony_own_no,
		unasked: m.testimony_own_unasked,
		noObjection: m.testimony_own_no_objection,
		withdrawDetail: m.testimony_own_withdraw_detail,
		withdrawAll: m.testimony_own_withdraw_all,
		withdrawQuotes: m.testimony_own_withdraw_quotes,
		withdrawKeep: m.testimony_own_withdraw_keep,
		uses: m.testimony_own_uses,
		usesDetail: m.testimony_own_uses_detail,
		quotes: m.testimony_own_quotes,
		noQuotes: m.testimony_own_no_quotes
	},
	office: {
		with: m.testimony_office_with,
		said: m.testimony_office_said,
		agreed: m.testimony_office_agreed,
		yes: m.testimony_office_yes,
		no: m.testimony_office_no,
		unasked: m.testimony_office_unasked,
		noObjection: m.testimony_office_no_objection,
		withdrawDetail: m.testimony_office_withdraw_detail,
		withdrawAll: m.testimony_office_withdraw_all,
		withdrawQuotes: m.testimony_office_withdraw_quotes,
		withdrawKeep: m.testimony_office_withdraw_keep,
		uses: m.testimony_office_uses,
		usesDetail: m.testimony_office_uses_detail,
		quotes: m.testimony_office_quotes,
		noQuotes: m.testimony_office_no_quotes
	}
};

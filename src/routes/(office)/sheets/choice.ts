import type { Campaign } from '$lib/here/structure';

/** The campaign to show: the one asked for, else the newest that is open, else the newest.
 * @param campaigns newest first */
export const chooseCampaign = (campaigns: Campaign[], asked: string | null): Campaign | undefined =>
	campaigns.find(({ id }) => id === asked) ?? campaigns.find(({ state }) => state === 'open') ?? campaigns[0];

/** The last campaign that ended before this one began. */
export const campaignBefore = (campaigns: Campaign[], campaign: Campaign): Campaign | undefined =>
	campaigns.find(({ to }) => to < campaign.from);

import { serve } from '$lib/server/door/serve';

// One door for all of them: the table of endpoints says which answer, and who may call each.
export const fallback = serve;

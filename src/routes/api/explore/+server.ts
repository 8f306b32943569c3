import { explore, leaveFictitious } from '$lib/server/handlers/session';
import { serve } from '$lib/server/serve';

export const POST = serve(explore);
export const DELETE = serve(leaveFictitious);

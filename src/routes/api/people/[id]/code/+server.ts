import { invitePerson } from '$lib/server/handlers/people';
import { serve } from '$lib/server/serve';

export const POST = serve(invitePerson);

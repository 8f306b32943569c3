import { changePerson, dismissPerson } from '$lib/server/handlers/people';
import { serve } from '$lib/server/serve';

export const PUT = serve(changePerson);
export const DELETE = serve(dismissPerson);

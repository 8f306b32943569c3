import { addPerson, listPeople } from '$lib/server/handlers/people';
import { serve } from '$lib/server/serve';

export const GET = serve(listPeople);
export const POST = serve(addPerson);

import { serve } from '$lib/server/serve';
import { signIn, signOut, whoAmI } from '$lib/server/handlers/session';

export const GET = serve(whoAmI);
export const POST = serve(signIn);
export const DELETE = serve(signOut);

import type { Endpoint } from './endpoint';
import { health } from './handlers/health';
import { openapi } from './handlers/openapi';
import { addPerson, changePerson, dismissPerson, invitePerson, listPeople } from './handlers/people';
import { enrol, explore, leaveFictitious, setUp, signIn, signOut, whoAmI } from './handlers/session';
import { sheets } from './handlers/sheets';
import { sync } from './handlers/sync';

/** Every door of the server. What is not here does not answer. */
export const endpoints: readonly Endpoint[] = [
	health,
	openapi(() => endpoints),
	whoAmI,
	signIn,
	signOut,
	setUp,
	enrol,
	explore,
	leaveFictitious,
	listPeople,
	addPerson,
	changePerson,
	dismissPerson,
	invitePerson,
	sync,
	sheets
];

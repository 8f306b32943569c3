import type { Endpoint } from './endpoint';
import * as account from '../handlers/account';
import { cspReport } from '../handlers/csp-report';
import * as devices from '../handlers/devices';
import { health } from '../handlers/health';
import * as media from '../handlers/media';
import * as office from '../handlers/office';
import { openapi } from '../handlers/openapi';
import * as people from '../handlers/people';
import * as quarantine from '../handlers/quarantine';
import * as session from '../handlers/session';
import * as stick from '../handlers/stick';
import { sheets } from '../handlers/sheets';
import { sync } from '../handlers/sync';
import * as testimonies from '../handlers/testimonies';

/** Every door of the server. What is not here does not answer. */
export const endpoints: readonly Endpoint[] = [
	health,
	openapi(() => endpoints),
	cspReport,
	...Object.values(session),
	...Object.values(account),
	...Object.values(devices),
	...Object.values(people).filter((one) => typeof one === 'object'),
	sync,
	sheets,
	...Object.values(testimonies),
	...Object.values(office),
	...Object.values(media),
	...Object.values(quarantine),
	...Object.values(stick)
];

// SPDX-License-Identifier: Apache-2.0
// What the panel "Host XML" can be told.

import type { AddOptions } from '../lazy-panel';
import type { HostOptions } from '../named';
import { addHostOption } from '../options';

/** Options of the panel. */
export type HostXmlOptions = HostOptions;

/** Adds them to the editor. */
export const addOptions: AddOptions<HostXmlOptions> = (builder, t) => addHostOption(builder, t);

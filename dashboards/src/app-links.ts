// SPDX-License-Identifier: Apache-2.0
// Addresses of Vireo's Grafana app, as dashboards link to it; test/drift holds them against the app's own.

const APP = '/a/vireo-libvirt-app';

/** The page of the fleet. */
export function appFleet(): string {
  return `${APP}/fleet`;
}

/** The page of a host. The parts of an address here are texts or variables of Grafana. */
export function appHost(host: string): string {
  return `${APP}/hosts/${host}`;
}

/** The page of a domain. */
export function appDomain(host: string, uuid: string): string {
  return `${appHost(host)}/domains/${uuid}`;
}

/** The table of domains with those of a host whose name is like that. */
export function appDomains(host: string, name: string): string {
  return `${APP}/domains?host=${host}&q=${name}`;
}

// SPDX-License-Identifier: Apache-2.0

/** Why something could not be looked at, when neither libvirt nor the client says so; codes of the problem table. */
export type InspectionErrorCode =
  'VIREO_BUSY' | 'VIREO_DOMAIN_BUSY' | 'VIREO_LIBVIRT' | 'VIREO_LIBVIRT_TIMEOUT' | 'VIREO_UNSUPPORTED';

/** A document or a picture that could not be had. */
export class InspectionError extends Error {
  override readonly name = 'InspectionError';
  readonly code: InspectionErrorCode;

  constructor(code: InspectionErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

// Imported before anything else, so that what other modules do while they load is seen, too.

/** What the policy refused here so far: the directive, and what it was applied to. */
export const violations: string[] = [];

addEventListener('securitypolicyviolation', (event) => {
  const { effectiveDirective, blockedURI } = event as SecurityPolicyViolationEvent;
  violations.push(`${effectiveDirective}: ${blockedURI}`);
});

/** WebAuthn between the server's JSON and the browser's buffers. */
interface Described {
  readonly id: string;
  readonly type: "public-key";
  readonly transports?: AuthenticatorTransport[];
}

export interface MakeOptions {
  readonly challenge: string;
  readonly user: { readonly id: string; readonly name: string; readonly displayName: string };
  readonly excludeCredentials?: readonly Described[];
}

export interface AskOptions {
  readonly challenge: string;
  readonly allowCredentials?: readonly Described[];
}

const bytes = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));

const words = (buffer: ArrayBuffer): string =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const described = (known: readonly Described[] = []) => known.map((one) => ({ ...one, id: bytes(one.id) }));

/** Have the browser make a passkey; what it says, as JSON. */
export async function makePasskey(options: MakeOptions): Promise<object> {
  const user = { ...options.user, id: bytes(options.user.id) };
  const asked = { ...options, user, challenge: bytes(options.challenge), excludeCredentials: described(options.excludeCredentials) };
  const made = (await navigator.credentials.create({ publicKey: asked as unknown as PublicKeyCredentialCreationOptions })) as PublicKeyCredential;
  const response = made.response as AuthenticatorAttestationResponse;
  return {
    id: made.id,
    rawId: words(made.rawId),
    type: made.type,
    response: { clientDataJSON: words(response.clientDataJSON), attestationObject: words(response.attestationObject) },
    clientExtensionResults: {},
  };
}

/** Have the browser prove a passkey; what it says, as JSON. */
export async function provePasskey(options: AskOptions): Promise<object> {
  const asked = { ...options, challenge: bytes(options.challenge), allowCredentials: described(options.allowCredentials) };
  const proof = (await navigator.credentials.get({ publicKey: asked as unknown as PublicKeyCredentialRequestOptions })) as PublicKeyCredential;
  const response = proof.response as AuthenticatorAssertionResponse;
  return {
    id: proof.id,
    rawId: words(proof.rawId),
    type: proof.type,
    response: {
      clientDataJSON: words(response.clientDataJSON),
      authenticatorData: words(response.authenticatorData),
      signature: words(response.signature),
      userHandle: response.userHandle ? words(response.userHandle) : null,
    },
    clientExtensionResults: {},
  };
}

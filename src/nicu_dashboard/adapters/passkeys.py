"""WebAuthn by the `webauthn` package: passkeys and security keys as a second factor."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import PublicKeyCredentialDescriptor, UserVerificationRequirement

_TIMEOUT_MS = 60_000


class WebAuthn:
    """The Passkeys of services/second_factors.py; `site` is this server's name, `origin` where the page came from."""

    def registration(self, site: str, user_id: int, name: str, shown: str, known: Sequence[str]) -> Mapping[str, Any]:
        """Return the options with which a browser makes a passkey that is none of the known ones."""
        options = generate_registration_options(
            rp_id=site,
            rp_name="NICU Dashboard",
            user_name=name,
            user_display_name=shown,
            user_id=f"user {user_id}".encode(),
            exclude_credentials=_described(known),
            timeout=_TIMEOUT_MS,
        )
        return dict(json.loads(options_to_json(options)))

    def registered(
        self, credential: Mapping[str, Any], challenge: str, site: str, origin: str
    ) -> tuple[str, str, int] | None:
        """Return id, public key (base64url) and counter of a new passkey, None when the answer does not hold."""
        try:
            made = verify_registration_response(
                credential=dict(credential),
                expected_challenge=base64url_to_bytes(challenge),
                expected_rp_id=site,
                expected_origin=origin,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError):
            return None
        return bytes_to_base64url(made.credential_id), bytes_to_base64url(made.credential_public_key), made.sign_count

    def question(self, site: str, known: Sequence[str]) -> Mapping[str, Any]:
        """Return the options with which a browser proves that it has one of these passkeys."""
        options = generate_authentication_options(
            rp_id=site,
            allow_credentials=_described(known),
            timeout=_TIMEOUT_MS,
            user_verification=UserVerificationRequirement.PREFERRED,
        )
        return dict(json.loads(options_to_json(options)))

    def answered(
        self, credential: Mapping[str, Any], challenge: str, site: str, origin: str, public_key: str, counter: int
    ) -> int | None:
        """Return the passkey's new counter, None when the answer does not hold."""
        try:
            proof = verify_authentication_response(
                credential=dict(credential),
                expected_challenge=base64url_to_bytes(challenge),
                expected_rp_id=site,
                expected_origin=origin,
                credential_public_key=base64url_to_bytes(public_key),
                credential_current_sign_count=counter,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError):
            return None
        return proof.new_sign_count


def _described(known: Sequence[str]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one)) for one in known]

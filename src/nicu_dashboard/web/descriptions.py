"""What a form or a feed says of a baby, the same fields wherever a baby is described."""

from typing import Annotated

from pydantic import AliasChoices, BaseModel, Field

from nicu_dashboard.domain.instants import parse_instant
from nicu_dashboard.domain.patients import GestationalAge, Patient
from nicu_dashboard.ports.roster import NewPatient
from nicu_dashboard.web.texts import NAME, ONE_LINE

Mrn = Annotated[str, Field(min_length=1, max_length=64, pattern=r"\S"), ONE_LINE]


class Description(BaseModel):
    """Birth as ISO 8601 with a zone, gestation as weeks+days, birth weight in grams; the unknown is left out."""

    name: Annotated[str | None, Field(max_length=120), NAME] = None
    born: Annotated[str | None, Field(validation_alias=AliasChoices("born", "born_at"))] = None
    ga: str | None = None
    sex: Annotated[str | None, Field(pattern="^(female|male|unknown)$")] = None
    weight_g: Annotated[
        int | None, Field(ge=200, le=15_000, validation_alias=AliasChoices("weight_g", "birth_weight_g"))
    ] = None

    def born_at(self) -> int | None:
        """Return the instant of birth in epoch ms; raises InstantError."""
        return parse_instant(self.born) if self.born else None

    def ga_days(self) -> int | None:
        """Return the gestation at birth in days; raises AgeError."""
        return GestationalAge.parse(self.ga).days if self.ga else None

    def of(self, mrn: str, synthetic: bool) -> NewPatient:
        """Return the baby of this MRN as described; one that is admitted in a demo is no real baby."""
        known = (self.sex, self.born_at(), self.ga_days(), self.weight_g)
        return NewPatient(mrn.strip(), self.name or None, *known, synthetic)

    def over(self, before: Patient, mrn: str | None) -> NewPatient:
        """Return what is known of a baby with the fields that were sent put in place; null forgets one."""
        said = self.model_fields_set
        gestation = None if before.gestation is None else before.gestation.days
        return NewPatient(
            before.mrn if mrn is None else mrn.strip(),
            self.name or None if "name" in said else before.name,
            self.sex if "sex" in said else before.sex,
            self.born_at() if "born" in said else before.born_at,
            self.ga_days() if "ga" in said else gestation,
            self.weight_g if "weight_g" in said else before.birth_weight_g,
            before.synthetic,
        )

"""Five sample actors of the region, each with one subscriber: invented organisations at addresses that lead nowhere."""

from dataclasses import dataclass

from db.subscribers import ActorType, Cadence, Language


@dataclass(frozen=True, slots=True)
class SampleActor:
    """An actor and its subscriber. `spearheads` are keys of the region's spearheads."""

    name: str
    type: ActorType
    municipality: str
    address: str
    language: Language
    spearheads: tuple[str, ...]
    cadence: Cadence = Cadence.WEEKLY


# example.org belongs to IANA for documentation (RFC 6761): no mail can ever reach a person there.
SAMPLE_ACTORS = (
    SampleActor(
        name="Mallikas Mallas Oy",
        type=ActorType.COMPANY,
        municipality="Lahti",
        address="kehitys@mallikasmallas.example.org",
        language=Language.FI,
        spearheads=("food",),
    ),
    SampleActor(
        name="Esimerkki-ammattikorkeakoulu",
        type=ActorType.UNIVERSITY,
        municipality="Lahti",
        address="tki@esimerkkiamk.example.org",
        language=Language.FI,
        spearheads=("circular", "design", "manufacturing"),
    ),
    SampleActor(
        name="Esimerkkilän kunta",
        type=ActorType.MUNICIPALITY,
        municipality="Hollola",
        address="elinvoima@esimerkkila.example.org",
        language=Language.FI,
        spearheads=("experiences", "sport", "food"),
    ),
    SampleActor(
        name="Exempelbygdens utveckling Ab",
        type=ActorType.DEVELOPMENT_COMPANY,
        municipality="Heinola",
        address="projekt@exempelbygden.example.org",
        language=Language.SV,
        spearheads=("manufacturing", "circular"),
    ),
    SampleActor(
        name="Sample Lakes Sports Association",
        type=ActorType.ASSOCIATION,
        municipality="Asikkala",
        address="office@samplelakes.example.org",
        language=Language.EN,
        spearheads=("sport", "experiences"),
    ),
)

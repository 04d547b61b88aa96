"""The words of the Core Business Vocabulary 2.0: bare in JSON, URN in XML, Web URI in canonical form."""

from __future__ import annotations

CBV = "https://ref.gs1.org/cbv/"
VOC = "https://gs1.org/voc/"
EPCIS = "https://ref.gs1.org/epcis/"
CURIES = {"gs1": VOC, "cbv": CBV, "epcis": EPCIS}
CONTEXT_URL = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
# Prefixes that EPCIS's own context declares, so that a document need not.
KNOWN_PREFIXES = {
    **CURIES,
    "cbvmda": "urn:epcglobal:cbv:mda:",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dcterms": "http://purl.org/dc/terms/",
}


def words_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


BIZ_STEPS = words_of("""accepting arriving assembling collecting commissioning consigning creating_class_instance cycle_counting
    decommissioning departing destroying disassembling dispensing encoding entering_exiting holding inspecting
    installing killing loading other packing picking receiving removing repackaging repairing replacing reserving
    retail_selling sampling sensor_reporting shipping staging_outbound stock_taking stocking storing transporting
    unloading unpacking void_shipping""")
DISPOSITIONS = words_of("""
    active available completeness_inferred completeness_verified conformant container_closed container_open damaged
    destroyed dispensed disposed encoded expired in_progress in_transit inactive mismatch_class mismatch_instance
    mismatch_quantity needs_replacement no_pedigree_match non_conformant non_sellable_other partially_dispensed
    recalled reserved retail_sold returned sellable_accessible sellable_not_accessible stolen unavailable
    unknown""")
TRANSACTION_TYPES = words_of("bol cert desadv inv pedigree po poc prodorder recadv rma testprd testres upevt")
PARTY_TYPES = frozenset(("owning_party", "possessing_party", "location"))
ERROR_REASONS = frozenset(("did_not_occur", "incorrect_data"))
COMPONENTS = words_of("""
    x y z axial_distance azimuth height spherical_radius polar_angle elevation_angle easting northing latitude
    longitude altitude""")
ALERTS = frozenset(("ALARM_CONDITION", "ERROR_CONDITION"))
MEASUREMENTS = words_of("""AbsoluteHumidity AbsorbedDose AbsorbedDoseRate Acceleration Altitude AmountOfSubstance
    AmountOfSubstancePerUnitVolume Angle AngularAcceleration AngularMomentum AngularVelocity Area Capacitance
    Conductance Conductivity Count Density Dimensionless DoseEquivalent DoseEquivalentRate DynamicViscosity
    ElectricCharge ElectricCurrent ElectricCurrentDensity ElectricFieldStrength Energy Exposure Force Frequency
    Illuminance Inductance Irradiance KinematicViscosity Length LinearMomentum Luminance LuminousFlux
    LuminousIntensity MagneticFlux MagneticFluxDensity MagneticVectorPotential Mass MassConcentration MassFlowRate
    MassPerAreaTime MemoryCapacity MolalityOfSolute MolarEnergy MolarMass MolarVolume Power Pressure RadiantFlux
    RadiantIntensity Radioactivity RelativeHumidity Resistance Resistivity SolidAngle SpecificVolume Speed
    SurfaceDensity SurfaceTension Temperature Time Torque Voltage Volume VolumeFlowRate VolumeFraction VolumetricFlux
    Wavenumber EffectiveDose EffectiveDoseRate Molar_concentration""")

# The field of an event → how its words look as a Web URI and as a URN.
WEB = {
    "bizStep": CBV + "BizStep-",
    "disposition": CBV + "Disp-",
    "bizTransactionType": CBV + "BTT-",
    "sourceDestType": CBV + "SDT-",
    "reason": CBV + "ER-",
    "component": CBV + "Comp-",
    "measurement": VOC,
    "alert": VOC,
}
URNS = {
    "bizStep": "urn:epcglobal:cbv:bizstep:",
    "disposition": "urn:epcglobal:cbv:disp:",
    "bizTransactionType": "urn:epcglobal:cbv:btt:",
    "sourceDestType": "urn:epcglobal:cbv:sdt:",
    "reason": "urn:epcglobal:cbv:er:",
}
WORDS = {
    "bizStep": BIZ_STEPS,
    "disposition": DISPOSITIONS,
    "bizTransactionType": TRANSACTION_TYPES,
    "sourceDestType": PARTY_TYPES,
    "reason": ERROR_REASONS,
    "component": COMPONENTS,
    "measurement": MEASUREMENTS,
    "alert": ALERTS,
}


def web(kind: str, value: str) -> str:
    """The Web URI of a word, URN or compact URI of this kind; what is nobody's word stays as it is."""
    if ":" not in value:
        return WEB[kind] + value
    urn = URNS.get(kind)
    if urn is not None and value.startswith(urn):
        return WEB[kind] + value[len(urn) :]
    return expand(value)


def bare(kind: str, value: str) -> str:
    """The bare word JSON wants for any spelling of a standard word; other URIs stay."""
    full = web(kind, value)
    word = full.removeprefix(WEB[kind])
    return word if word != full and word in WORDS[kind] else value


def urn(kind: str, value: str) -> str:
    """The URN XML wants for a standard word; where the vocabulary has none, the compact or Web URI."""
    word = bare(kind, value)
    if word in WORDS[kind]:
        if kind in URNS:
            return URNS[kind] + word
        return WEB[kind].replace(VOC, "gs1:").replace(CBV, "cbv:") + word
    return value


def expand(value: str) -> str:
    """A compact URI with one of the standard's prefixes, in full."""
    head, colon, rest = value.partition(":")
    return CURIES[head] + rest if colon and head in CURIES and not rest.startswith("//") else value


def any_word(value: str) -> str:
    """The Web URI of whatever standard URN this is, else as it is: for values whose field does not say its kind."""
    for kind, urn_head in URNS.items():
        if value.startswith(urn_head):
            return WEB[kind] + value[len(urn_head) :]
    return expand(value)

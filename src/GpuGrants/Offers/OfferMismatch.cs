namespace GpuGrants.Offers;

/// <summary>Why an offer does not suit an ask: it serves nobody, or not this applicant, or a field of the ask asks for more.</summary>
public enum OfferMismatch
{
    /// <summary>It is paused, ended, empty or without a rate, or its provider is not active or is frozen.</summary>
    NotOpen,

    /// <summary>Its provider serves other kinds of organizations, or other countries.</summary>
    NotForApplicant,

    /// <summary>Its GPU model is none of those that are acceptable.</summary>
    OtherModel,

    /// <summary>Its GPUs have less memory.</summary>
    TooLittleMemory,

    /// <summary>It is in another region.</summary>
    OtherRegion,

    /// <summary>A grant on it runs fewer GPUs at once.</summary>
    TooFewGpus,

    /// <summary>It has GPU-hours without dates, and so no GPUs to reserve.</summary>
    NothingToReserve,

    /// <summary>It starts after the grant would.</summary>
    StartsTooLate,

    /// <summary>It ends before the grant would.</summary>
    EndsTooEarly,
}

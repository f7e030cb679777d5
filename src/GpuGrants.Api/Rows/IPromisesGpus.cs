using GpuGrants.Offers;

namespace GpuGrants.Api.Rows;

/// <summary>A row by which an offer may have promised GPU time: a grant, a request in review or a quote.</summary>
public interface IPromisesGpus
{
    Guid RootProgrammeId { get; }

    Guid Id { get; }

    /// <summary>The offer; null for none.</summary>
    Guid? PromisedOfferId { get; }

    /// <summary>What it promises as the row is now.</summary>
    /// <returns>Null when it promises nothing, or nothing any more.</returns>
    GpuPromise? ToPromise();
}

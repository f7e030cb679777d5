namespace GpuGrants.Quotas.Sharing;

/// <summary>What a claimant has and may expect.</summary>
/// <param name="Weight">How much of what there is it should have next to others. Weight 0 is served after all others.</param>
/// <param name="Use">Its past use as it weighs now, of <see cref="FairShare.Decayed"/>.</param>
public readonly record struct ShareClaim(long Weight, long Use);

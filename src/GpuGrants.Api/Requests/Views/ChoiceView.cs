namespace GpuGrants.Api.Requests.Views;

/// <summary>How the service chose a programme for a request that named none.</summary>
/// <param name="Eligible">Open programmes that the organization is eligible for, without private ones and those below them.</param>
/// <param name="Decided">Attempts that were made, each of a programme on the ask or a fallback, the most promising first.</param>
/// <param name="LimitReached">True when the service stopped at its limit and others were left. Name one of those programmes.</param>
public sealed record ChoiceView(int Eligible, int Decided, bool LimitReached);

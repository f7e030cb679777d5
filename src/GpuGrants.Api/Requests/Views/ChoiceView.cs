namespace GpuGrants.Api.Requests.Views;

/// <summary>How the service chose a programme for a request that named none.</summary>
/// <param name="Eligible">Open programmes that the organization is eligible for.</param>
/// <param name="Decided">How many of them the rules were asked for, the most promising first.</param>
/// <param name="LimitReached">True when the service stopped at its limit of programmes and others were left. Name one of those.</param>
public sealed record ChoiceView(int Eligible, int Decided, bool LimitReached);

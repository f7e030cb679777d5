namespace GpuGrants.Api.Ledger.Movements;

/// <summary>A movement, and the transfer that moved its credits at once or holds them for a second person.</summary>
public sealed record MovementProposed(CreditMovement Movement, Transfer Transfer);

namespace GpuGrants.Api.Tests.Fire.Engine;

/// <summary>What the proxy does to a connection, once, at the first message that fits.</summary>
/// <param name="At">Given the message's number since the fault was set, from 1, and the message: whether to strike before it is passed
/// on.</param>
/// <param name="Freezes">Whether the connection stands still, with whatever is in it, until it is thawed; otherwise it is cut.</param>
internal sealed record Fault(Func<int, WireMessage, bool> At, bool Freezes = false)
{
    public static Fault Cut(int step) => new((number, _) => number == step);

    public static Fault Cut(Func<WireMessage, bool> at) => new((_, message) => at(message));

    public static Fault Freeze(Func<WireMessage, bool> at) => new((_, message) => at(message), Freezes: true);
}

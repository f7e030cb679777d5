using GpuGrants.Api.Pipeline.Commands;

namespace GpuGrants.Api.Requests.Rulings;

/// <summary>Who asks.</summary>
/// <param name="MemberId">The principal, as rules on members count it.</param>
/// <param name="PersonId">The person behind it, as rules on people count it.</param>
public readonly record struct Asker(Guid MemberId, Guid PersonId)
{
    public static Asker Of(Actor actor) => new(actor.PrincipalId, actor.Person);

    /// <summary>Whoever asked first, as the request's context pins it.</summary>
    public static Asker Of(QuotaContext context, Guid memberId) => new(memberId, context.AskerId ?? memberId);
}

using GpuGrants.Api.Pipeline.Commands;

namespace GpuGrants.Api.Decisions;

/// <summary>Who asks.</summary>
/// <param name="MemberId">The principal, as rules on members count it.</param>
/// <param name="PersonId">The person behind it, as rules on people count it.</param>
/// <param name="PartnerId">The partner that asks for it; null when none does. Of whoever asked first: the partner that counted then, which
/// may be the organization's own.</param>
public readonly record struct Asker(Guid MemberId, Guid PersonId, Guid? PartnerId)
{
    public static Asker Of(Actor actor) => new(actor.Member, actor.Person, actor.Acting?.PartnerId);

    /// <summary>Whoever asked first, as the request's context pins it.</summary>
    public static Asker Of(QuotaContext context, Guid memberId) => new(memberId, context.AskerId ?? memberId, context.PartnerId);
}
